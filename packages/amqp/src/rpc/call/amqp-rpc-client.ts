import { type DependencyDefinition, type DependencyToken, defineDependency } from '@micro-framework/core';
import type { RpcService } from '@micro-framework/core/rpc';
import { type AmqpRpcClientOptions, checkCallee, dependencyName } from './client-options.js';
import { remoteService } from './remote-service.js';

// The same service called in the same way is the same dependency, wherever it is named.
const tokens = new Map<string, DependencyToken<RpcService<unknown>>>();

/**
 * Calls another service over RabbitMQ. All calls of a service share one channel, which the main side keeps and opens again
 * when it is lost.
 *
 * @example
 * ```ts
 * @Timer(10_000)
 * async poll(at: Date, @Inject(AmqpRpcClient.of('quotes')) quotes: RpcService<Quotes>) {
 *   const [a, b] = await Promise.all([quotes.price('A'), quotes.price('B')]);
 * }
 * ```
 */
export abstract class AmqpRpcClient {
  /**
   * The token to inject for a service; the type to declare is `RpcService<Quotes>`.
   *
   * @param service - its name: the setting `serviceName` over there
   * @typeParam T - its class, for `runner.get`
   * @throws `ScanError` for a name that none can have, and for an unknown dialect
   */
  static of<T = unknown>(
    service: string,
    options: AmqpRpcClientOptions = {},
  ): DependencyToken<RpcService<T>> {
    checkCallee(`AmqpRpcClient.of('${service}')`, service, options);
    const name = dependencyName(`AmqpRpcClient ${service}`, options);
    const token = tokens.get(name) ?? defineDependency(definitionOf(name, service, options));
    tokens.set(name, token);
    // Its type is the caller's to know.
    return token as DependencyToken<RpcService<T>>;
  }
}

function definitionOf(
  name: string,
  to: string,
  { service, ...options }: AmqpRpcClientOptions,
): DependencyDefinition<RpcService<unknown>> {
  return {
    name,
    // The driver is for the main side only.
    main: async (context) => new (await import('./client-main.js')).ClientMain(context, service, options),
    worker: (context) => {
      const remote = remoteService(context, { to, service, options });
      return { provide: () => remote };
    },
  };
}
