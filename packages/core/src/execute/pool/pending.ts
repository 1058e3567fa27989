import type { Call } from '../../run/call.js';
import type { Outcome } from '../../run/outcome.js';

/** A call handed in, and how to end it. */
export interface Pending {
  readonly call: Call;
  readonly settle: (outcome: Outcome) => void;
  /** When it was handed in, on the clock of `performance.now()`. */
  readonly since: number;
}
