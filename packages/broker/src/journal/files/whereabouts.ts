import { statSync } from 'node:fs';
import { BrokerError } from '../../broker-error.js';

/**
 * A file or folder by what it is, not by its name: a process that has one open can go on with it after somebody has
 * removed it, renamed it or put another in its place, and nobody would ever find what it writes.
 */
export class Whereabouts {
  readonly #id: string | undefined;

  constructor(readonly path: string) {
    this.#id = idOf(path);
  }

  /** Whether it still has its name. */
  get known(): boolean {
    return this.#id !== undefined && idOf(this.path) === this.#id;
  }

  /** Throws `BROKER_DATA_GONE` unless it still has its name. */
  assertKnown(): void {
    if (this.known) return;
    const message =
      `${this.path} was removed or replaced while a broker used it; nothing persistent is taken until it is back: ` +
      'put it back, or restart the process';
    throw new BrokerError('BROKER_DATA_GONE', message);
  }
}

function idOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}-${ino}`;
  } catch {
    return undefined;
  }
}
