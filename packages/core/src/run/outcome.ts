import type { WireError } from '../errors/wire-error.js';

/** Something a handler emitted, to be committed by a dependency's main half. */
export interface Effect {
  readonly dependency: string;
  readonly effect: unknown;
}

/** Every way a call can end. */
export type Outcome =
  /** The handler returned. */
  | { readonly kind: 'succeeded'; readonly value: unknown; readonly effects: readonly Effect[] }
  /** The route's filter did not want it; the handler was not called. */
  | { readonly kind: 'filtered' }
  /** The handler threw. `retryable`: the route's back-off covers this class of error. */
  | { readonly kind: 'failed'; readonly error: WireError; readonly retryable: boolean }
  /** The worker died, by this call or by one that shared it; or, where it could not say what it had begun, before it. */
  | { readonly kind: 'crashed'; readonly error: WireError }
  | { readonly kind: 'timed-out'; readonly error: WireError }
  /** The input can never become arguments: no retry helps. */
  | { readonly kind: 'rejected'; readonly error: WireError }
  /** It was not begun, or a stop cut it off: it may be tried elsewhere at once, as the same attempt. */
  | { readonly kind: 'refused'; readonly reason: RefusedReason };

/**
 * `stopping`: the service drains. `full`: the queue has no room. `no-worker`: none came up in time. `gone`: who wanted it
 * had gone before a worker had room for it.
 */
export type RefusedReason = 'stopping' | 'full' | 'no-worker' | 'gone';

/** An outcome that counts as a failed attempt. */
export type Failure = Extract<Outcome, { kind: 'failed' | 'crashed' | 'timed-out' | 'rejected' }>;
