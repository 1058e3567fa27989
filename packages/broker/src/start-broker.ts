import type { Broker } from './broker.js';
import { type BrokerOptions, readOptions } from './options.js';
import { startLocalBroker } from './server/local-broker.js';
import { startThreadBroker } from './thread/thread-broker.js';

/**
 * Starts an AMQP 0-9-1 broker. By default it keeps nothing, takes a free port that only this machine reaches, and has
 * a random password; `Broker.url` has all of it.
 *
 * @throws {@link BrokerError} `BROKER_BAD_OPTION`, `BROKER_PORT_IN_USE`, `BROKER_LISTEN_FAILED`; with `file://` also
 * `BROKER_DATA_IN_USE`, `BROKER_DATA_NOT_WRITABLE`, `BROKER_DATA_FULL`, `BROKER_DATA_DAMAGED`.
 *
 * @example
 * ```ts
 * const broker = await startBroker({ storage: 'file:///var/lib/my-service' });
 * console.log(`amqp clients connect to ${broker.url}`);
 * await broker.close();
 * ```
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const settings = readOptions(options);
  return settings.thread ? startThreadBroker(settings) : startLocalBroker(settings);
}
