import type { WireError } from '../errors/wire-error.js';
import type { Call } from '../run/call.js';
import type { Outcome } from '../run/outcome.js';
import type { PackedBatch, PackedOutcome } from './packed.js';

// What crosses between the main side and a worker while poolifier's task `serve` runs in it: messages of our own. Their
// mark tells them from poolifier's and from what a handler may send by itself.

/** Calls that became ready in one turn travel together. Numbers, not ids, name them: ids come from outside. */
export interface Batch {
  /** Number of the first call; the others follow on. */
  readonly first: number;
  readonly calls: readonly Call[];
  /** When it is sent, from when on the calls' time runs: milliseconds since 1970. */
  readonly at: number;
}

/** How the start of a worker ended. */
export type BootAnswer = { readonly ok: true } | { readonly ok: false; readonly error: WireError };

export type ToWorker =
  | RunMessage
  /** The call's time is over: abort its signal. */
  | { readonly mf: 'cancel'; readonly callId: string; readonly reason: WireError }
  | Answer
  /** No call follows: run the stop hooks. */
  | { readonly mf: 'stop' };

/** Calls to run. */
export type RunMessage = { readonly mf: 'run' } & PackedBatch;

export type Answer =
  | { readonly mf: 'answer'; readonly question: number; readonly ok: true; readonly value: unknown }
  | { readonly mf: 'answer'; readonly question: number; readonly ok: false; readonly error: WireError };

/** A worker half asks its main half. */
export interface Question {
  readonly mf: 'question';
  readonly question: number;
  readonly dependency: string;
  readonly request: unknown;
  readonly callId: string | undefined;
}

export type FromWorker =
  /** It has loaded the service, or could not. */
  | { readonly mf: 'ready'; readonly answer: BootAnswer }
  /** Calls that ended in one turn, by their numbers. */
  | { readonly mf: 'outcomes'; readonly outcomes: readonly PackedOutcome[] }
  | Question
  /** An error nobody caught: the worker is about to die of it. */
  | { readonly mf: 'last-words'; readonly error: WireError }
  /** The worker ends by itself: `begun` is the highest number of a call that it began. */
  | { readonly mf: 'exiting'; readonly begun: number };

/** Tells a message of ours from any other. */
export function isOurs<Message extends { readonly mf: string }>(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'mf' in message;
}

const failures: ReadonlySet<unknown> = new Set(['failed', 'crashed', 'timed-out', 'rejected']);

/** Whether a worker can have meant it: a handler may send under our mark, too, and the main side must not fall over it. */
export function isOutcome(outcome: unknown): outcome is Outcome {
  if (!isRecord(outcome)) return false;
  const { kind, effects, error } = outcome;
  if (kind === 'succeeded') return Array.isArray(effects) && effects.every(isRecord);
  return kind === 'filtered' || (failures.has(kind) && isWireError(error));
}

/** Whether an error can be made of it again. */
export function isWireError(error: unknown): error is WireError {
  if (!isRecord(error) || typeof error.name !== 'string' || typeof error.message !== 'string') return false;
  const { code, stack, stackHash, data, cause } = error;
  if (![code, stack, stackHash].every((text) => text === undefined || typeof text === 'string')) return false;
  return (data === undefined || isRecord(data)) && (cause === undefined || isWireError(cause));
}

/** Whether it can be answered. */
export function isQuestion({ question, dependency, callId }: Question): boolean {
  const isCall = callId === undefined || typeof callId === 'string';
  return Number.isSafeInteger(question) && typeof dependency === 'string' && isCall;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
