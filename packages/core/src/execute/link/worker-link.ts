import type { Batch, BootAnswer, FromWorker, ToWorker } from '../protocol.js';
import type { WorkerInit } from '../worker-init.js';

/** The line to one worker, from its start to its end: all that differs between a thread and a process. */
export interface WorkerLink {
  /** False once the worker is dying or cut off; `ended` follows when its last messages are in. */
  readonly alive: boolean;
  /** Starts the worker and lets it load the service. Never settles when the worker dies first: see `ended`. */
  boot(init: WorkerInit): Promise<BootAnswer>;
  /** Rejects when the batch cannot be cloned; nothing of it has arrived then. Otherwise outcomes come as messages. */
  run(batch: Batch): Promise<void>;
  /** Lets the worker run its stop hooks. Never settles when the worker dies first. */
  stop(): Promise<void>;
  /** Throws when the message cannot be cloned. Does nothing when the worker is gone. */
  post(message: ToWorker): void;
  /** Ends the worker at once, whatever it does. */
  kill(): void;
  /** Ends the worker in order, once it was stopped. */
  close(): Promise<void>;
}

/** What a link tells its slot. */
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
