import { toWireError } from '../errors/wire-error.js';
import type { Call } from './call.js';
import type { Outcome } from './outcome.js';

// A batch is one call with several messages. The worker ends each by itself: where it could, the call's value is the
// list of their outcomes. Where it could not, as it died or took too long, there is one outcome for all of them.

/** What a worker can say of one message of a batch. */
export type MessageOutcome = Extract<Outcome, { kind: 'succeeded' | 'filtered' | 'failed' | 'rejected' }>;

/** The outcome of a message that the handler was done with. What it emitted belongs to the call. */
export const messageDone: MessageOutcome = { kind: 'succeeded', value: undefined, effects: [] };

/**
 * What became of each message.
 *
 * @param outcome - as it came from the worker
 * @param committed - the same, or a failure when what the handler emitted could not be carried out: then no message
 * is done, but those that never reached the handler are what they were
 */
export function outcomesOf({ batch = [], target }: Call, outcome: Outcome, committed: Outcome): Outcome[] {
  if (outcome.kind !== 'succeeded') return batch.map(() => outcome);
  const { value } = outcome;
  if (!Array.isArray(value) || value.length !== batch.length) {
    const error = new Error(`${target}: the worker did not say what became of each message of its batch`);
    return batch.map(() => ({ kind: 'failed', error: toWireError(error), retryable: true }));
  }
  return (value as MessageOutcome[]).map((own) =>
    own.kind === 'succeeded' ? withoutResult(committed) : own,
  );
}

function withoutResult(committed: Outcome): Outcome {
  return committed.kind === 'succeeded' ? messageDone : committed;
}

/** Whether all messages ended alike by what one of them, and no one can tell which, did to the worker or the line to it. */
export function mayBeAnothersFault({ batch = [] }: Call, outcome: Outcome): boolean {
  return batch.length > 1 && 'error' in outcome;
}
