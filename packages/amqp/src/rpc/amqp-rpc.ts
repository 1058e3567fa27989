import {
  annotate,
  type Config,
  ConfigError,
  type EntrypointDecorator,
  type EntrypointDefinition,
  type Route,
} from '@micro-framework/core';
import { type TargetOptions, targetEntrypoint, targetName } from '@micro-framework/core/rpc';
import { namekoMethod } from './wire/nameko.js';
import { targetQueueName } from './wire/own.js';

/** Options of `@AmqpRpc`. */
export interface AmqpRpcOptions extends TargetOptions {}

const entrypoint: EntrypointDefinition<AmqpRpcOptions> = {
  ...targetEntrypoint,
  kind: 'AmqpRpc',
  claims,

  async create(context) {
    checkLength(context.route, context.config);
    // The driver is for the main side only.
    const { RpcRoute } = await import('./serve/rpc-route.js');
    return new RpcRoute(context, targetName(context.route));
  },
};

/**
 * Offers the method to remote callers over RabbitMQ, as `Class.method`: to `AmqpRpcClient` and `AmqpRpcSystem`, and, where
 * the setting `amqpRpcDialects` says so, to services of Python's micro_framework and of Nameko. What it returns, or throws,
 * is the answer; the request is acknowledged once the broker has that. Nothing else of the class can be called.
 *
 * @example
 * ```ts
 * @AmqpRpc({ description: 'The prices of the last days.' })
 * history(symbol: string, days = 7) { return prices.of(symbol).slice(-days); }
 * ```
 */
export function AmqpRpc(options: AmqpRpcOptions = {}): EntrypointDecorator {
  return annotate(entrypoint, options);
}

function claims(route: Route<AmqpRpcOptions>, { amqpRpcDialects }: Config): readonly string[] {
  const name = targetName(route);
  // Methods have no classes there.
  const forNameko = amqpRpcDialects.includes('nameko') ? [`the Nameko method ${namekoMethod(name)}`] : [];
  return [`the AMQP target ${name}`, ...forNameko];
}

function checkLength(route: Route<AmqpRpcOptions>, { serviceName }: Config): void {
  const queue = targetQueueName(serviceName, targetName(route));
  if (Buffer.byteLength(queue) <= 255) return;
  throw ConfigError.of([
    `the queue of ${route.target} would be called ${queue}, and names have 255 bytes at most: give @AmqpRpc a shorter name.`,
  ]);
}
