import type { WireError } from '../errors/wire-error.js';
import type { RefusedReason } from './outcome.js';

/** What an entrypoint has to do with what triggered a call, once the attempt is over. */
export type Ending =
  /** Done: acknowledge. `value` only when the entrypoint's definition has `returns`. */
  | { readonly kind: 'ack'; readonly value: unknown; readonly filtered: boolean }
  /** Try again after `delay` milliseconds, as `attempt`. `call` is the id of the call that failed. */
  | {
      readonly kind: 'retry';
      readonly delay: number;
      readonly attempt: number;
      readonly error: WireError;
      readonly call: string;
    }
  /**
   * Failed for good; `onFailure`, if any, has been called. Keep it where somebody can look at it, with `call`, the id of
   * the call that failed: the log is searched by it.
   */
  | {
      readonly kind: 'dead-letter';
      readonly reason: DeadLetterReason;
      readonly attempt: number;
      readonly error: WireError;
      readonly call: string;
    }
  /** Not begun, or cut off by the stop: give it back. */
  | { readonly kind: 'requeue'; readonly reason: RefusedReason };

/** Why a message is in the dead letters. */
export type DeadLetterReason = 'rejected' | 'failed' | 'crashed' | 'timed-out';
