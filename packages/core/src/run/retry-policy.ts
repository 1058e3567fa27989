import type { Class } from '../declare/token.js';
import type { WireError } from '../errors/wire-error.js';
import type { DeadLetterReason } from './ending.js';
import type { Outcome, RefusedReason } from './outcome.js';

/** When and how often a failed call is tried again. */
export interface BackOff {
  /** Attempts after the first: `2` means three calls in all. Default: 3. */
  readonly maxRetries?: number;
  /**
   * Milliseconds before the next attempt: a constant, a schedule, or a function of the attempt that failed.
   * Default: 10,000. Where the transport keeps a grid of delays, it rounds up to it.
   */
  readonly interval?: number | IntervalSchedule | ((context: BackOffContext) => number);
  /**
   * Errors that are tried again, subclasses too; others end at once. Default: all. A crash or a timeout of the
   * worker is no error of a class and is always tried again.
   */
  readonly exceptions?: readonly Class<Error>[] | null;
}

/** An interval that grows with the attempts. */
export interface IntervalSchedule {
  readonly type: 'constant' | 'linear' | 'exponential';
  /** Milliseconds before the first retry: the step of `linear`, the base of `exponential`. */
  readonly initial: number;
  /** Growth of `exponential`. Default: 2. */
  readonly factor?: number;
  /** Milliseconds it never exceeds. Default: one hour. */
  readonly max?: number;
  /** Takes off up to this share at random, 0 to 1, so that failures of one moment do not come back as one. Default: 0. */
  readonly jitter?: number;
}

/** What a computed interval may depend on. */
export interface BackOffContext {
  /** The attempt that failed: 1 for the first. */
  readonly attempt: number;
  readonly error: WireError;
}

/** What follows an outcome. `callback` means: call `onFailure`, then dead-letter. */
export type NextStep =
  | { readonly kind: 'ack' }
  | { readonly kind: 'retry'; readonly delay: number; readonly error: WireError }
  | {
      readonly kind: 'callback' | 'dead-letter';
      readonly reason: DeadLetterReason;
      readonly error: WireError;
    }
  | { readonly kind: 'requeue'; readonly reason: RefusedReason };

/** The part of a route that decides. */
export interface RetryPolicy {
  readonly backOff: BackOff | undefined;
  readonly hasOnFailure: boolean;
}

/** Retries of a `backOff` that names no `maxRetries`. */
export const defaultMaxRetries = 3;
export const defaultInterval = 10_000;
const defaultMaxInterval = 3_600_000;
/** Milliseconds no interval exceeds: the longest that a timer of Node can wait, 24 days. */
export const longestInterval = 2 ** 31 - 1;

/** Decides what follows. Pure but for the source of chance. */
export function nextStep(
  outcome: Outcome,
  { backOff, hasOnFailure }: RetryPolicy,
  attempt: number,
  random: () => number = Math.random,
): NextStep {
  switch (outcome.kind) {
    case 'succeeded':
    case 'filtered':
      return { kind: 'ack' };
    case 'refused':
      return { kind: 'requeue', reason: outcome.reason };
    case 'rejected':
      // The handler never saw it and cannot understand it, so neither can `onFailure`.
      return { kind: 'dead-letter', reason: 'rejected', error: outcome.error };
    case 'failed':
    case 'crashed':
    case 'timed-out': {
      const { error, kind: reason } = outcome;
      const covered = outcome.kind !== 'failed' || outcome.retryable;
      if (backOff && covered && attempt <= (backOff.maxRetries ?? defaultMaxRetries)) {
        return { kind: 'retry', delay: intervalOf(backOff, { attempt, error }, random), error };
      }
      return { kind: hasOnFailure ? 'callback' : 'dead-letter', reason, error };
    }
  }
}

/** Whole milliseconds before the next attempt, from 0 to {@link longestInterval}. */
export function intervalOf(backOff: BackOff, context: BackOffContext, random: () => number): number {
  const { interval = defaultInterval } = backOff;
  if (typeof interval === 'number') return bounded(interval);
  if (typeof interval === 'function') return bounded(interval(context));
  const { jitter = 0, max = defaultMaxInterval } = interval;
  const grown = Math.min(growth(interval, context.attempt), max);
  return bounded(grown * (1 - jitter * random()));
}

function growth({ type, initial, factor = 2 }: IntervalSchedule, attempt: number): number {
  switch (type) {
    case 'constant':
      return initial;
    case 'linear':
      return initial * attempt;
    case 'exponential':
      // No delay stays none, also where the factor's power is infinite: their product would be NaN.
      return initial === 0 ? 0 : initial * factor ** (attempt - 1);
  }
}

// A function of the user's may return anything; a delay of NaN would be an endless loop at full speed, and a promise that
// rejects unseen would end the process.
function bounded(ms: number): number {
  if ((ms as unknown) instanceof Promise) (ms as unknown as Promise<unknown>).catch(() => {});
  return Number.isNaN(Number(ms)) ? defaultInterval : Math.min(Math.max(0, Math.round(ms)), longestInterval);
}
