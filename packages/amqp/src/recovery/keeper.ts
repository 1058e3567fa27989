import { Deadline, type Logger } from '@micro-framework/core';
import type { Connection } from '../connection/connection.js';
import { ConnectionLostError } from '../errors.js';
import { Pause } from './pause.js';
import { reconnectPause } from './reconnect-pause.js';
import type { RecoveringConnection } from './recovering-connection.js';
import type { Patience } from './start-patience.js';

/**
 * Where something that is kept on a connection is.
 *
 * - `idle`: before the start.
 * - `waiting`: for a connection that is open.
 * - `opening`: on to `open`; to `waiting` where the connection was lost meanwhile, or given up as this took too long; to
 *   `pausing` where the broker refused it.
 * - `open`: until it ends.
 * - `pausing`: before it is opened again on the same connection.
 * - `stopped`: for good.
 */
export type KeeperState = 'idle' | 'waiting' | 'opening' | 'open' | 'pausing' | 'stopped';

/** Something that is open. */
export interface Kept {
  /** Resolves when it has ended: with why, or with nothing where it went with its connection. */
  readonly closed: Promise<Error | undefined>;
}

/** What a keeper is made with. */
export interface KeeperParts {
  /** What is kept, in logs: `the consumer of queue orders`. */
  readonly what: string;
  readonly connection: RecoveringConnection;
  /** Opens it, with all that it needs. */
  open(connection: Connection): Promise<Kept>;
  /** Told when what was open has ended, and why. */
  ended?(reason: Error | undefined): void;
  readonly log: Logger;
  /** How long a connection is waited for before it was open for the first time. Default: as long as it takes. */
  readonly starting?: Patience | undefined;
  /** Milliseconds that opening may take. A broker that needs longer has lost us: the connection is given up. Default: 30,000. */
  readonly patience?: number;
}

const defaultPatience = 30_000;

/** What was open for this many milliseconds was well: the next pause is a short one again. */
const stable = 5_000;

/** Keeps something open on a connection that comes and goes: a consumer, the channel for publishing. */
export class Keeper {
  readonly #parts: KeeperParts;
  readonly #pause = new Pause();
  #state: KeeperState = 'idle';
  #opened = 0;
  #failures = 0;
  #lastError: Error | undefined;
  /** Of no effect once the start has ended. */
  #giveUpStart: (error: Error) => void = () => {};

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  get state(): KeeperState {
    return this.#state;
  }

  /** Times it was opened. */
  get opened(): number {
    return this.#opened;
  }

  /** Why it is not open, if that is known. */
  get lastError(): Error | undefined {
    return this.#state === 'open' ? undefined : this.#lastError;
  }

  /**
   * Resolves when it is open for the first time; rejects when the broker refuses it, or stays away longer than is waited
   * for, and then nothing is kept.
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#giveUpStart = reject;
      void this.#run(resolve, reject);
    });
  }

  /** Opens it no more. What is open is the caller's to close. */
  stop(): void {
    this.#enter('stopped');
    this.#pause.end();
    this.#giveUpStart(new ConnectionLostError(`${this.#parts.what} was not opened: the service stops`));
  }

  async #run(started: () => void, refused: (error: Error) => void): Promise<void> {
    while (!this.#isStopped()) {
      this.#enter('waiting');
      let connection: Connection;
      try {
        connection = await this.#parts.connection.opened(
          this.#opened === 0 ? this.#parts.starting : undefined,
        );
      } catch (error) {
        this.#enter('stopped');
        return refused(error as Error);
      }
      const kept = await this.#open(connection);
      if (kept) {
        started();
        await this.#untilEnded(kept, connection);
      } else if (this.#opened === 0 && connection.isOpen && this.#lastError) {
        this.#enter('stopped');
        return refused(this.#lastError);
      }
      if (this.#failures > 0 && connection.isOpen) await this.#backOff();
    }
  }

  async #open(connection: Connection): Promise<Kept | undefined> {
    if (this.#isStopped()) return undefined;
    this.#enter('opening');
    try {
      const kept = await this.#inTime(connection);
      this.#opened += 1;
      this.#enter('open');
      if (this.#opened > 1) this.#parts.log.info({ opened: this.#opened }, `${this.#parts.what} is back`);
      return kept;
    } catch (err) {
      // With its connection, which tells its own story.
      if (!connection.isOpen) return undefined;
      this.#failed(err as Error, `${this.#parts.what} could not be opened; it is tried again`);
      return undefined;
    }
  }

  async #inTime(connection: Connection): Promise<Kept> {
    const { open, what, patience = defaultPatience } = this.#parts;
    const opening = open(connection);
    if (await Deadline.in(patience).within(opening)) return opening;
    connection.breakOff(`${what} could not be opened within ${patience} ms`);
    return opening;
  }

  async #untilEnded(kept: Kept, connection: Connection): Promise<void> {
    const from = performance.now();
    const reason = await kept.closed;
    if (this.#isStopped()) return;
    if (performance.now() - from > stable || !connection.isOpen) this.#failures = 0;
    if (reason) this.#failed(reason, `${this.#parts.what} was closed by the broker; it is opened again`);
    // Closed by us: soon again, and not at full speed.
    else if (connection.isOpen) this.#failures += 1;
    this.#parts.ended?.(reason);
  }

  #failed(err: Error, text: string): void {
    const isNews = err.message !== this.#lastError?.message || this.#failures === 0;
    this.#failures += 1;
    this.#lastError = err;
    if (isNews) this.#parts.log.error({ err }, text);
    else this.#parts.log.debug({ err, failures: this.#failures }, text);
  }

  #backOff(): Promise<void> {
    this.#enter('pausing');
    return this.#pause.wait(reconnectPause(this.#failures));
  }

  #enter(next: KeeperState): void {
    if (!this.#isStopped()) this.#state = next;
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }
}
