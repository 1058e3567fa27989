import { ConfigError, openDependency, type SettingOptions } from '@micro-framework/core';
import { aloneFaults } from '../connection/address/alone.js';
import { Producer } from './producer.js';
import type { PublishOptions } from './worker-producer.js';

/** A producer of a program that is no service. Its connection keeps the process alive until it is closed. */
export interface StandaloneProducer {
  /**
   * Publishes an event and resolves when the broker has confirmed it. Many may be on their way at once.
   *
   * @param event - its name, the routing key
   * @param payload - anything JSON can hold, or bytes, which are sent as they are. Default: `null`.
   * @throws `UnsendableError`, `DelaysOffError`, `UnroutableError`, `PublishRefusedError`, `MessageTooLargeError`,
   * `PublishTimedOutError`, `PublishOverflowError`, `ConnectionLostError`
   */
  publish(event: string, payload?: unknown, options?: Omit<PublishOptions, 'immediate'>): Promise<void>;
  /** Waits for what is not confirmed yet, for `timeout` milliseconds at the most (default: 25,000), and disconnects. */
  close(timeout?: number): Promise<void>;
}

/**
 * Connects a script or a web application that publishes events in the name of a service and handles none. In the process
 * of a service use `runner.get(Producer)`: it shares the service's connection.
 *
 * @param options - settings, which win over the environment: `amqpUri`, `serviceName`, `logLevel` and so on
 * @throws `ConnectError` when the broker cannot be reached, `ConfigError` for impossible settings, among which are no
 * `serviceName`, no `amqpUri`, and `memory://`: there nobody would hear
 *
 * @example
 * ```ts
 * const shop = await connect({ amqpUri: 'amqp://localhost', serviceName: 'shop' });
 * await Promise.all([7, 8, 9].map((id) => shop.publish('order_placed', { id })));
 * await shop.close();
 * ```
 */
export async function connect(options: SettingOptions = {}): Promise<StandaloneProducer> {
  const faults = [...aloneFaults('connect() publishes to services', options), ...nameFaults(options)];
  if (faults.length > 0) throw ConfigError.of(faults);
  const { value: producer, close } = await openDependency(Producer, options);
  return { publish: (event, payload, how) => producer.publish(event, payload, how), close };
}

/** Under the default name events would go to an exchange that nobody means. */
function nameFaults({ serviceName = process.env.SERVICE_NAME }: SettingOptions): string[] {
  return serviceName ? [] : ['connect() publishes as a service: set serviceName (SERVICE_NAME)'];
}
