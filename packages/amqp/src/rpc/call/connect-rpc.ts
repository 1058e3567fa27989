import { ConfigError, openDependency, type SettingOptions } from '@micro-framework/core';
import type { RpcService } from '@micro-framework/core/rpc';
import { aloneFaults } from '../../connection/address/alone.js';
import { AmqpRpcClient } from './amqp-rpc-client.js';
import type { AmqpRpcClientOptions } from './client-options.js';

/** A remote service, called by a program that is no service. Its connection keeps the process alive until it is closed. */
export interface ConnectedRpc<T> {
  /** The service over there. */
  readonly service: RpcService<T>;
  /** Disconnects. Calls that are open reject with an `RpcUnreachableError`. */
  close(): Promise<void>;
}

/**
 * Connects a script or a web application that calls a service. In the process of a service use
 * `runner.get(AmqpRpcClient.of(...))`: it shares the service's connection.
 *
 * @param service - the name of the service that is called
 * @param settings - they win over the environment: `amqpUri`, `serviceName`, `logLevel` and so on
 * @param options - how it is called
 * @typeParam T - its class
 * @throws `ConnectError` when the broker cannot be reached, `ConfigError` for impossible settings, among which are no
 * `amqpUri` and `memory://`, `ScanError` for a name that no service can have
 *
 * @example
 * ```ts
 * const { service: quotes, close } = await connectRpc<Quotes>('quotes', { amqpUri: 'amqp://localhost' });
 * console.log(await quotes.price('A'));
 * await close();
 * ```
 */
export async function connectRpc<T>(
  service: string,
  settings: SettingOptions = {},
  options: AmqpRpcClientOptions = {},
): Promise<ConnectedRpc<T>> {
  const faults = aloneFaults('connectRpc() calls services', settings);
  if (faults.length > 0) throw ConfigError.of(faults);
  const { value, close } = await openDependency(AmqpRpcClient.of<T>(service, options), settings);
  return { service: value, close: () => close() };
}
