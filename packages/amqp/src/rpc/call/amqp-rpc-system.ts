import {
  type DependencyContext,
  type DependencyDefinition,
  type DependencyToken,
  defineDependency,
  dependency,
} from '@micro-framework/core';
import type { RpcService } from '@micro-framework/core/rpc';
import { type AmqpRpcSystemOptions, checkCallee, dependencyName } from './client-options.js';
import { remoteService } from './remote-service.js';

/**
 * All services, each by its name: what `AmqpRpcSystem` injects.
 *
 * @typeParam Services - the service classes by the names of their services, where they are known
 */
export type RpcSystem<Services = Readonly<Record<string, AnyService>>> = {
  readonly [Name in keyof Services]: RpcService<Services[Name]>;
};

/** A service of which nothing is known: any method may be there. */
export type AnyService = Readonly<Record<string, (...args: unknown[]) => unknown>>;

// Called in the same way it is the same dependency, wherever it is named.
const tokens = new Map<string, DependencyToken<RpcSystem>>();

/**
 * Calls whichever service over RabbitMQ, by its name: for those whose names are not known before. The name of each is looked
 * up when it is first called.
 *
 * @example
 * ```ts
 * @Inject(AmqpRpcSystem) private readonly system!: RpcSystem<{ quotes: Quotes; billing: Billing }>;
 *
 * async bill(symbol: string) { return this.system.billing.charge(await this.system.quotes.price(symbol)); }
 * ```
 */
export abstract class AmqpRpcSystem {
  /** What the framework makes it by. */
  static readonly [dependency]: DependencyDefinition<RpcSystem> = definitionOf('AmqpRpcSystem', {});

  /**
   * The same with options.
   *
   * @throws `ScanError` for an unknown dialect
   */
  static with(options: AmqpRpcSystemOptions): DependencyToken<RpcSystem> {
    checkCallee('AmqpRpcSystem.with', undefined, options);
    const name = dependencyName('AmqpRpcSystem', options);
    const token = tokens.get(name) ?? defineDependency(definitionOf(name, options));
    tokens.set(name, token);
    return token;
  }
}

function definitionOf(name: string, options: AmqpRpcSystemOptions): DependencyDefinition<RpcSystem> {
  return {
    name,
    // The driver is for the main side only.
    main: async (context) => new (await import('./client-main.js')).ClientMain(context, undefined, options),
    worker: (context) => {
      const system = systemOf(context, options);
      return { provide: () => system };
    },
  };
}

// What is awaited, or printed as JSON, is not asked for a service of that name.
const askedByOthers: ReadonlySet<string> = new Set(['then', 'toJSON']);

function systemOf(context: DependencyContext, options: AmqpRpcSystemOptions): RpcSystem {
  const services = new Map<string, RpcService<unknown>>();
  return new Proxy({} as RpcSystem, {
    get: (_, to) => {
      if (typeof to !== 'string' || askedByOthers.has(to)) return undefined;
      const made = services.get(to) ?? remoteService(context, { to, options });
      services.set(to, made);
      return made;
    },
  });
}
