import type { WireError } from '../../errors/wire-error.js';
import type { TargetInfo } from '../signature/target-info.js';

// What the worker half of a client asks its main half: plain data.

/** A call, or a notification, of a method. */
export interface CallQuestion {
  readonly kind: 'call' | 'notify';
  readonly method: string;
  /** The arguments as a JSON array. */
  readonly params: string;
  /** Milliseconds the worker waits. */
  readonly timeout: number;
  readonly idempotent: boolean | undefined;
  /** What else travels along. */
  readonly headers: Readonly<Record<string, unknown>> | undefined;
  /** To give it up by. */
  readonly ticket: number | undefined;
}

/** Whatever a worker half asks. */
export type Question =
  | CallQuestion
  | { readonly kind: 'targets'; readonly timeout: number }
  | { readonly kind: 'abort'; readonly ticket: number };

/** What a main half answers; its own errors are thrown instead. */
export type Answer =
  | { readonly kind: 'result'; readonly value: unknown }
  /** The handler over there threw this. */
  | { readonly kind: 'thrown'; readonly error: WireError }
  | { readonly kind: 'targets'; readonly targets: readonly TargetInfo[] }
  | { readonly kind: 'done' };
