import { BrokerError } from '../broker-error.js';
import { FolderBroker } from './folder-broker.js';
import { MemoryBroker } from './memory-broker.js';
import type { SharedBroker, SharedBrokerOptions } from './shared-broker.js';

/**
 * A broker by its address. It is started, or joined, when it is first located.
 *
 * - `memory://`: in the memory of this process, and for this caller alone.
 * - `memory://name`: in the memory of this process; all who say the same name share it.
 * - `file:///dir`: all processes of this machine that say the same folder share it. The first one hosts it, in a
 *   thread, and keeps durable queues and persistent messages there. When it ends, however that happens, the next one
 *   that looks for it takes over, and nothing that was confirmed is lost.
 *
 * @throws {@link BrokerError} `BROKER_BAD_OPTION` for any other address.
 *
 * @example
 * ```ts
 * const broker = openBroker('file:///var/lib/my-service');
 * const { url, hosting } = await broker.locate(); // before each connection
 * await broker.close();
 * ```
 */
export function openBroker(uri: string, options: SharedBrokerOptions = {}): SharedBroker {
  const memory = /^memory:\/\/([A-Za-z0-9_.-]{0,100})$/.exec(uri);
  if (memory) return new MemoryBroker(memory[1] || undefined, options);
  if (uri.startsWith('file:')) return new FolderBroker(uri, options);
  throw new BrokerError(
    'BROKER_BAD_OPTION',
    `openBroker: there is no broker at ${JSON.stringify(uri)}; give 'memory://', 'memory://a-name' or 'file:///an/absolute/directory'`,
  );
}
