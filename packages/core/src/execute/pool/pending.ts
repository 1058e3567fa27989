import type { Call } from '../../run/call.js';
import type { Outcome } from '../../run/outcome.js';

/** A call handed in, and how to end it. */
export interface Pending {
  readonly call: Call;
  readonly settle: (outcome: Outcome) => void;
  /** When it was handed in, on the clock of `performance.now()`. */
  readonly since: number;
  /** Workers it was given to that died before they began it. */
  readonly returns: number;
  /** Aborts once nobody waits for its end any more. Looked at when its turn comes: a listener a call would cost each of them. */
  readonly gone: AbortSignal | undefined;
}
