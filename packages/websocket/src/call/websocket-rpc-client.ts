import { type DependencyDefinition, type DependencyToken, defineDependency } from '@micro-framework/core';
import { BridgedCaller, createRpcService, type RpcService } from '@micro-framework/core/rpc';
import { defaultOptions } from '../client/options.js';
import { type Address, addressOf, dependencyName, type WebSocketRpcClientOptions } from './address.js';

// The same address is the same dependency, wherever it is named.
const tokens = new Map<string, DependencyToken<RpcService<unknown>>>();

/**
 * Calls other services over WebSocket. All calls of a service to one address share one connection, which the main side
 * keeps and makes again when it is lost.
 *
 * @example
 * ```ts
 * @Timer(10_000)
 * async poll(at: Date, @Inject(WebSocketRpcClient.at('127.0.0.1', 8765)) rpc: RpcService<Quotes>) {
 *   const [a, b] = await Promise.all([rpc.price('A'), rpc.price('B')]);
 * }
 * ```
 */
export abstract class WebSocketRpcClient {
  /**
   * The token to inject for the service at an address; the type to declare is `RpcService<Quotes>`.
   *
   * @param host - name or address
   * @param port - default: 8765
   * @throws `ScanError` for a host, a port or a path that cannot be
   */
  static at(
    host: string,
    port = 8765,
    options: WebSocketRpcClientOptions = {},
  ): DependencyToken<RpcService<unknown>> {
    const address = addressOf(host, port, options);
    const name = dependencyName(address);
    const token = tokens.get(name) ?? defineDependency(definitionOf(name, address));
    tokens.set(name, token);
    return token;
  }
}

function definitionOf(name: string, address: Address): DependencyDefinition<RpcService<unknown>> {
  return {
    name,
    // The driver is for the main side only.
    main: async (context) => new (await import('./client-main.js')).ClientMain(context, address),
    worker: (context) => {
      const { url, service: name, options } = address;
      const caller = new BridgedCaller({
        where: url,
        service: name,
        timeout: options.timeout ?? defaultOptions.timeout,
        ask: (question) => context.ask(question),
        currentCall: () => context.currentCall(),
      });
      const service = createRpcService<unknown>(caller);
      return { provide: () => service };
    },
  };
}
