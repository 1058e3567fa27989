import { ConfigError, openDependency, type SettingOptions } from '@micro-framework/core';
import { aloneFaults } from '../connection/address/alone.js';
import { DeadLetters } from './dead-letters.js';

/** The dead letters of a program that is no service. Its connection keeps the process alive until it is closed. */
export interface ConnectedDeadLetters extends DeadLetters {
  /** Disconnects. What is looked at goes back to its place. */
  close(): Promise<void>;
}

/**
 * Connects a script, or whatever shows dead letters to people. In the process of a service use `runner.get(DeadLetters)`:
 * it shares the service's connection.
 *
 * @param options - settings, which win over the environment: `amqpUri`, `logLevel` and so on
 * @throws `ConnectError` when the broker cannot be reached, `ConfigError` for impossible settings, among which are no
 * `amqpUri` and `memory://`: there are no dead letters of others
 *
 * @example
 * ```ts
 * const deadLetters = await connectDeadLetters({ amqpUri: 'amqp://localhost' });
 * const { done } = await deadLetters.replay('shop.order_placed__billing.Billing.bill', { newerThan: 3_600_000 });
 * console.log(`${done} letters of the last hour are tried again`);
 * await deadLetters.close();
 * ```
 */
export async function connectDeadLetters(options: SettingOptions = {}): Promise<ConnectedDeadLetters> {
  const faults = aloneFaults('connectDeadLetters() looks into the queues of services', options);
  if (faults.length > 0) throw ConfigError.of(faults);
  const { value, close } = await openDependency(DeadLetters, options);
  return {
    count: (queue) => value.count(queue),
    list: (queue, how) => value.list(queue, how),
    inspect: (queue, id) => value.inspect(queue, id),
    replay: (queue, filter, how) => value.replay(queue, filter, how),
    discard: (queue, filter, how) => value.discard(queue, filter, how),
    close: () => close(),
  };
}
