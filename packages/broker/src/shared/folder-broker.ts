import { setTimeout as pause } from 'node:timers/promises';
import type { Broker } from '../broker.js';
import { BrokerError } from '../broker-error.js';
import { readOptions } from '../options.js';
import { startBroker } from '../start-broker.js';
import { DiscoveryFile, type Host } from './discovery-file.js';
import { answers } from './login-probe.js';
import type { BrokerLocation, SharedBroker, SharedBrokerOptions } from './shared-broker.js';

const defaultTimeout = 30_000;
const probeWithin = 2_000;
const firstPause = 25;
const longestPause = 500;

/**
 * `file:///dir`: one process of the machine hosts it, the others join. Nobody is appointed: who needs the broker tries
 * the host that the discovery file names, and where none answers, tries to become it. The lock on the folder lets one
 * of them; the others find its entry soon.
 */
export class FolderBroker implements SharedBroker {
  readonly #storage: string;
  readonly #folder: string;
  readonly #file: DiscoveryFile;
  readonly #timeout: number;
  readonly #onError: (error: Error) => void;
  readonly #closing = new AbortController();
  #hosted: Broker | undefined;
  #locating: Promise<BrokerLocation> | undefined;

  constructor(storage: string, { timeout = defaultTimeout, ...options }: SharedBrokerOptions) {
    const { dataDir, onError } = readOptions({ ...options, storage });
    this.#storage = storage;
    this.#folder = dataDir as string;
    this.#file = new DiscoveryFile(this.#folder);
    this.#timeout = timeout;
    this.#onError = onError;
  }

  locate(): Promise<BrokerLocation> {
    this.#locating ??= this.#search().finally(() => {
      this.#locating = undefined;
    });
    return this.#locating;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#locating?.catch(() => {}); // told to whoever asked
    const hosted = this.#hosted;
    this.#hosted = undefined;
    await hosted?.close();
  }

  async #search(): Promise<BrokerLocation> {
    const until = performance.now() + this.#timeout;
    for (let wait = firstPause; ; wait = Math.min(wait * 2, longestPause)) {
      const entry = this.#file.read();
      const found = this.#here() ?? (await this.#join(entry)) ?? (await this.#host());
      if (found) return found;
      if (this.#closing.signal.aborted || performance.now() > until) throw this.#unreachable(entry);
      // The holder of the folder has not said yet where it listens, or is about to let go.
      await pause(wait, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  #here(): BrokerLocation | undefined {
    return this.#hosted && { url: this.#hosted.url as string, hosting: true }; // only a Unix socket has no URL
  }

  async #join(entry: Host | undefined): Promise<BrokerLocation | undefined> {
    if (!entry || !(await answers(entry, probeWithin))) return undefined;
    return { url: entry.url, hosting: false };
  }

  async #host(): Promise<BrokerLocation | undefined> {
    if (this.#closing.signal.aborted) return undefined;
    try {
      this.#hosted = await startBroker({ storage: this.#storage, onError: (error) => this.#trouble(error) });
      return this.#here();
    } catch (error) {
      if (error instanceof BrokerError && error.code === 'BROKER_DATA_IN_USE') return undefined;
      throw error;
    }
  }

  #trouble(error: Error): void {
    // Its thread has ended, and with it the lock: the next search starts another.
    if (error instanceof BrokerError && error.code === 'BROKER_HOST_DIED') this.#hosted = undefined;
    this.#onError(error);
  }

  #unreachable(entry: Host | undefined): BrokerError {
    if (this.#closing.signal.aborted) {
      return new BrokerError('BROKER_DATA_IN_USE', `${this.#folder}: its host was waited for until close()`);
    }
    const why = entry
      ? `process ${entry.pid} does not answer at ${new URL(entry.url).host}`
      : `it does not say where it listens, in ${this.#file.path}`;
    return new BrokerError(
      'BROKER_DATA_IN_USE',
      `${this.#folder} is held by a broker that cannot be joined: ${why}. It was asked for ${this.#timeout / 1000} s; ` +
        'end that process, or give this one a directory of its own',
    );
  }
}
