import type { Deadline } from '../extend/deadline.js';
import type { Eventual } from '../extend/eventual.js';
import type { HealthReport } from '../extend/health.js';
import type { Call } from '../run/call.js';
import type { Outcome } from '../run/outcome.js';

/** Milliseconds the hooks of a stopping worker may take. */
export const stopHooksTime = 2_000;

/**
 * Runs the calls of one context. Whatever becomes of a worker, every call handed in ends once, as an outcome: `execute`
 * never throws nor rejects, and never hangs. A call that went to a worker which ended before it began it goes to
 * another, as the same attempt. Where nobody can tell, as the worker was killed or ran out of memory, it ends as
 * `crashed`.
 */
export interface Executor {
  /** Calls that run at the same time, at the most, also while workers are replaced: workers times calls a worker. */
  readonly capacity: number;
  /** Resolves when the workers are ready; rejects with a `WorkerStartError` when they cannot be. */
  start(): Promise<void>;
  /**
   * Runs a call.
   *
   * @param gone - a call that still waits for a worker when it aborts is not begun, and ends as `refused`
   */
  execute(call: Call, gone?: AbortSignal): Eventual<Outcome>;
  /** How many of its workers are there, and how much they have to do. */
  health(): HealthReport;
  /**
   * Lets running calls end until the deadline, and the `onFailure` of those that fail for good: they are a part of their
   * end, and handed in as late as in the turn the failure was told. What is left then is cut off and ends as `refused` with the reason
   * `stopping`, begun or not: it is handed back, not counted as a failure. Queued calls end so at once, or run
   * first in the greedy modes. Resolves when no worker is left, with the number of calls that were cut off.
   */
  stop(deadline: Deadline): Promise<number>;
}
