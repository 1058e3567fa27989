import type { Config } from '../config/config.js';
import type { Deadline } from './deadline.js';
import type { HealthReport } from './health.js';
import type { Logger } from './logger.js';

/**
 * Anything with a life on the main side. The runner calls, in this order:
 *
 * 1. `setup` of shared extensions, then dependencies, then entrypoints: connect, declare, check. Nothing arrives yet.
 * 2. `start` of each, in the same order, after the workers are ready: from here on calls may come.
 * 3. `stop` of entrypoints first: take nothing new. Then calls in flight drain and the workers stop.
 * 4. `stop` of dependencies, then of shared extensions: close what was opened.
 *
 * An error in `setup` or `start` fails `bootstrap`, and all that was set up is stopped again. `stop` is called once,
 * also when `setup` or `start` failed half-way; an error in it is logged and the others go on. A stop that comes
 * during the start lets the step under way end, for 5 s at the most, and goes no further.
 */
export interface Extension {
  /** Connects, declares, checks. If it throws, the service does not start. */
  setup?(): Promise<void> | void;
  /** Begins to take work. */
  start?(): Promise<void> | void;
  /** Takes nothing new and closes what was opened, before the deadline. */
  stop?(deadline: Deadline): Promise<void> | void;
  /** How it is, at once and without asking anybody: gathered by `Runner.health`, as often as somebody looks. */
  health?(): HealthReport;
}

/** What an extension of the main side is made with. */
export interface ExtensionContext {
  readonly config: Config;
  readonly log: Logger;
  /**
   * The one instance of a shared extension in this runner, such as a connection; made at the first request. Ask where
   * your own extension is made: later is too late for its `setup`.
   */
  shared<T extends Extension>(definition: SharedDefinition<T>): T;
  /** Aborted when a stop begins: a `setup` that waits for somebody else, such as a broker, ends early by it. */
  readonly stopping: AbortSignal;
  /** Tells the runner that this extension cannot go on: the runner stops, and the process exits with code 1. */
  fail(error: Error): void;
}

/** How a shared extension is made. The object itself is its identity. */
export interface SharedDefinition<T extends Extension> {
  /** Shown in logs. */
  readonly name: string;
  /** Makes the one instance of a runner. */
  create(context: ExtensionContext): T;
}
