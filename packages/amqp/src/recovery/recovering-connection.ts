import type { Logger } from '@micro-framework/core';
import type { Connection } from '../connection/connection.js';
import { ConnectError, ConnectionLostError } from '../errors.js';
import { Pause } from './pause.js';
import { reconnectPause } from './reconnect-pause.js';
import type { Patience } from './start-patience.js';

/**
 * Where a connection that is kept alive is.
 *
 * - `idle`: before the start.
 * - `connecting`: a try is under way. On to `open`, or to `waiting`.
 * - `open`: until it is lost (on to `waiting`) or closed.
 * - `waiting`: it was lost, or a try has failed; the pause before the next try.
 * - `closed`: by us, or because the start gave up. For good.
 */
export type ConnectionState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

/** What a connection that is kept alive is made with. */
export interface RecoveringParts {
  /** What it is for, in logs: `consuming`. */
  readonly purpose: string;
  /** One try to connect. Aborted when nobody wants the connection any more. */
  open(abandoned: AbortSignal): Promise<Connection>;
  /** Milliseconds that `start` waits for a broker which is not there yet; 0 for one try. */
  readonly patience: number;
  readonly log: Logger;
}

/** How a connection is, for `health`. */
export type ConnectionHealth = {
  readonly state: ConnectionState;
  /** Where it leads, while it is open. Without the password. */
  readonly broker?: string;
  /** When it entered this state for another, in milliseconds since 1970; tries and pauses between two are one. */
  readonly since: number;
  /** Tries that have failed since it was open. */
  readonly attempts: number;
  /** Times it was lost since the start. */
  readonly lost: number;
  /** Why it was lost the last time, or why the last try failed. Without passwords. */
  readonly lastError?: string;
  /** Why the broker takes no messages for now. */
  readonly blocked?: string;
};

/** A connection that lasted this many milliseconds was no try: the next pause is a short one again. */
const stable = 5_000;
/** Milliseconds between two log lines of one outage that say the same. */
const reminder = 60_000;

/**
 * A connection to the broker that is made again whenever it is lost, for as long as the service runs. What lives on it
 * asks for the present one with {@link opened}, and again when that has ended.
 */
export class RecoveringConnection {
  readonly #parts: RecoveringParts;
  readonly #pause = new Pause();
  /** The next connection, for all who wait for it. */
  #coming = new Coming<Connection>();
  #try = new AbortController();
  #state: ConnectionState = 'idle';
  #since = Date.now();
  #connection: Connection | undefined;
  #attempts = 0;
  /** Tries in a row that have failed, and connections that did not last: what the pauses grow with. */
  #failures = 0;
  #lost = 0;
  #lastError: Error | undefined;
  #told = { message: '', at: 0 };
  #running: Promise<void> | undefined;

  constructor(parts: RecoveringParts) {
    this.#parts = parts;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The connection that is open now. */
  get current(): Connection | undefined {
    return this.#connection?.isOpen ? this.#connection : undefined;
  }

  /**
   * Connects, and waits for a broker that is not there yet as long as it is to, or until `stopping`. Throws a
   * `ConnectError`.
   */
  async start(stopping?: AbortSignal): Promise<void> {
    const stop = (): void => this.#end();
    stopping?.addEventListener('abort', stop);
    await this.#start().finally(() => stopping?.removeEventListener('abort', stop));
  }

  #start(): Promise<void> {
    const end = performance.now() + this.#parts.patience;
    return new Promise((resolve, reject) => {
      const hopeless = (error: Error): boolean => {
        if (this.#lost > 0 || (performance.now() < end && !isPermanent(error))) return false;
        reject(error);
        return true;
      };
      this.#running = this.#run(resolve, hopeless);
      // Where it ended before it was open, it was closed meanwhile.
      this.#coming.promise.catch(reject);
    });
  }

  /**
   * The connection as soon as it is open. Rejects with a `ConnectionLostError` once it is closed for good, or when whoever
   * waits has no more patience.
   */
  async opened(patience?: Patience): Promise<Connection> {
    const { current } = this;
    if (current) return current;
    const coming = this.#coming.promise;
    if (!patience || (await patience.within(coming))) return coming;
    const why = this.#lastError ? `: ${this.#lastError.message}` : '';
    throw new ConnectionLostError(
      `there is no connection to the broker, and it is waited for no longer${why}`,
      {
        cause: this.#lastError,
      },
    );
  }

  /** Closes it, and makes no other. */
  async close(): Promise<void> {
    this.#end();
    await this.#connection?.close();
    await this.#running;
  }

  /** How it is now. */
  health(): ConnectionHealth {
    const { address, blocked } = this.current ?? {};
    return {
      state: this.#state,
      ...(address !== undefined && { broker: address }),
      since: this.#since,
      attempts: this.#attempts,
      lost: this.#lost,
      ...(this.#lastError && { lastError: this.#lastError.message }),
      ...(blocked !== undefined && { blocked }),
    };
  }

  async #run(started: () => void, hopeless: (error: Error) => boolean): Promise<void> {
    while (!this.#isClosed()) {
      this.#enter('connecting');
      const from = performance.now();
      const connection = await this.#connect(hopeless);
      if (connection) {
        this.#serve(connection);
        started();
        await this.#untilLost(connection, from);
      }
      if (this.#isClosed()) return;
      this.#enter('waiting');
      // A try that hung until it was given up was pause enough.
      const took = connection ? 0 : performance.now() - from;
      await this.#pause.wait(reconnectPause(this.#failures) - took);
    }
  }

  #end(): void {
    this.#enter('closed');
    this.#pause.end();
    this.#try.abort();
    this.#coming.fail(this.#closedError());
  }

  async #connect(hopeless: (error: Error) => boolean): Promise<Connection | undefined> {
    // Of its own: what listens to a signal goes with the try.
    this.#try = new AbortController();
    try {
      const connection = await this.#parts.open(this.#try.signal);
      if (!this.#isClosed()) return connection;
      await connection.close();
    } catch (error) {
      this.#attempts += 1;
      this.#failures += 1;
      // Once it is closed, that is only how the try under way has ended.
      if (this.#isClosed()) return undefined;
      this.#lastError = error as Error;
      // Whoever started it is told, and tells of it.
      if (hopeless(error as Error)) this.#end();
      else this.#tell(error as Error);
    }
    return undefined;
  }

  #serve(connection: Connection): void {
    const { log, purpose } = this.#parts;
    const tries = this.#attempts + 1;
    this.#attempts = 0;
    this.#connection = connection;
    this.#try = new AbortController();
    this.#enter('open');
    log.info({ broker: connection.address, purpose, tries }, 'connected to the broker');
    this.#coming.arrive(connection);
    // Whoever asks once that is lost asks for another.
    this.#coming = new Coming();
  }

  async #untilLost(connection: Connection, from: number): Promise<void> {
    const error = await connection.ended;
    if (this.#isClosed()) return;
    this.#failures = performance.now() - from > stable ? 1 : this.#failures + 1;
    this.#lost += 1;
    this.#lastError = error;
    this.#connection = undefined;
    this.#told = { message: '', at: 0 };
    this.#parts.log.warn(
      { reason: error?.message, purpose: this.#parts.purpose },
      'the connection to the broker was lost; it is made again',
    );
  }

  /** While the service starts each try is a line; later one that says something new, and a reminder now and then. */
  #tell(err: Error): void {
    const { log, purpose } = this.#parts;
    // Without its stack, which is always the same: a line a try.
    const fields = { reason: err.message, purpose, tries: this.#attempts };
    const text = 'the broker cannot be reached; it is tried again';
    const isNews = err.message !== this.#told.message || Date.now() - this.#told.at > reminder;
    if (this.#lost > 0 && !isNews) {
      log.debug(fields, text);
      return;
    }
    this.#told = { message: err.message, at: Date.now() };
    log.warn(fields, text);
  }

  #enter(next: ConnectionState): void {
    if (this.#isClosed()) return;
    const isOutage = (state: ConnectionState): boolean => state === 'connecting' || state === 'waiting';
    if (!(isOutage(this.#state) && isOutage(next))) this.#since = Date.now();
    this.#parts.log.debug({ from: this.#state, to: next, purpose: this.#parts.purpose }, 'connection state');
    this.#state = next;
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #closedError(): ConnectionLostError {
    return new ConnectionLostError('the service has stopped and closed its connection', {
      cause: this.#lastError,
    });
  }
}

/** What comes later, or never; unheard where nobody waits for it. */
class Coming<T> {
  readonly promise: Promise<T>;
  arrive: (value: T) => void = () => {};
  fail: (error: Error) => void = () => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.arrive = resolve;
      this.fail = reject;
    });
    this.promise.catch(() => {});
  }
}

/** Another try would end the same: the broker refuses us, or our own settings cannot be used. */
function isPermanent(error: Error): boolean {
  if (error instanceof ConnectError) return error.isPermanent;
  return !(error instanceof ConnectionLostError);
}
