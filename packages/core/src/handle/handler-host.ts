import type { WireError } from '../errors/wire-error.js';
import type { Eventual } from '../extend/eventual.js';
import type { Call } from '../run/call.js';
import type { Outcome } from '../run/outcome.js';

/** Runs calls where the handlers are: in a worker, or on the main side in `inline` mode. */
export interface HandlerHost {
  /** Imports path targets, runs the modules' `onWorkerStart` and makes the services. Rejects when one of them fails. */
  start(): Promise<void>;
  /**
   * Runs one call to its end. Never throws nor rejects. Yields nothing that cannot be cloned, but for a succeeded value and
   * effects.
   */
  run(call: Call): Eventual<Outcome>;
  /** Aborts the signal of a running call. */
  abort(callId: string, reason: WireError): void;
  /** Runs the modules' `onWorkerStop` and the dependencies' `stop`, all of them, once; rejects with what failed. */
  stop(): Promise<void>;
}

/** Asks the main half of a dependency, on behalf of a call or of none. */
export type Ask = (dependency: string, request: unknown, callId: string | undefined) => Promise<unknown>;
