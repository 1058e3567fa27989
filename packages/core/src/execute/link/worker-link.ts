import type { FromWorker, ToWorker } from '../protocol.js';
import type { WorkerInit } from '../worker-init.js';

/** The line to one worker, from its start to its end: all that differs between a thread and a process. */
export interface WorkerLink {
  /** False once the worker is dying or cut off; `ended` follows when its last messages are in. */
  readonly alive: boolean;
  /**
   * Starts the worker and has it load the service, which it tells by the message `ready`, and serve until it hears `stop`.
   * Resolves once its stop hooks have run, rejects with what they threw, or when it could not be started. Never settles when
   * the worker dies first: see `ended`.
   */
  serve(init: WorkerInit): Promise<void>;
  /** Throws when the message cannot be cloned; nothing of it has arrived then. Does nothing when the worker is gone. */
  post(message: ToWorker): void;
  /** Ends the worker at once, whatever it does. */
  kill(): void;
  /** Ends the worker in order, once it has stopped. */
  close(): Promise<void>;
}

/** What a link tells its worker's life. */
export interface LinkEvents {
  message(message: FromWorker): void;
  /** The worker sent what poolifier cannot make sense of. */
  broken(error: unknown): void;
  /** The worker is gone, and its last message has been delivered. Once. */
  ended(end: WorkerEnd): void;
}

/** What is known of a worker's end. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** What a thread died of. */
  readonly error: unknown;
}
