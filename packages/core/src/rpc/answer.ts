import type { WireError } from '../errors/wire-error.js';
import type { Ending } from '../run/ending.js';
import type { RefusedReason } from '../run/outcome.js';

/**
 * Why a call has no result. `failed`: the handler threw. `busy` and `stopping`: it was not begun, try again. `lost`: who had
 * it was cut off, so it may have run.
 */
export type RpcFailure =
  | 'failed'
  | 'bad-arguments'
  | 'crashed'
  | 'timed-out'
  | 'busy'
  | 'stopping'
  | 'unknown-target'
  | 'unauthorized'
  | 'unreadable'
  | 'lost'
  | 'internal';

/** What a caller is told. */
export type RpcAnswer =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'error'; readonly failure: RpcFailure; readonly error: WireError };

/** The answer to a call that has ended. What of its error stays home is left out: causes always, its stack unless told. */
export function answerOf(
  ending: Ending,
  target: string,
  { stacks }: { readonly stacks: boolean },
): RpcAnswer {
  switch (ending.kind) {
    case 'ack':
      // Only a call that nobody waits for any longer is filtered.
      return ending.filtered
        ? failure('timed-out', `${target}: the time of the call was over before it began`)
        : { kind: 'result', value: ending.value };
    case 'requeue':
      return notBegun(ending.reason, target);
    case 'retry':
      return { kind: 'error', failure: 'failed', error: shown(ending.error, ending.call, stacks) };
    case 'dead-letter':
      return deadLetter(ending, target, stacks);
  }
}

function notBegun(reason: RefusedReason, target: string): RpcAnswer {
  switch (reason) {
    case 'stopping':
      return failure('stopping', `${target}: the service stops`);
    case 'gone':
      return failure('lost', `${target}: nobody waits for it any more`);
    case 'full':
    case 'no-worker':
      return failure('busy', 'No Available Workers');
  }
}

function deadLetter(
  { reason, error, call }: Extract<Ending, { kind: 'dead-letter' }>,
  target: string,
  stacks: boolean,
): RpcAnswer {
  switch (reason) {
    case 'failed':
      return { kind: 'error', failure: 'failed', error: shown(error, call, stacks) };
    case 'rejected':
      return { kind: 'error', failure: 'bad-arguments', error: shown(error, call, stacks) };
    case 'crashed':
      // Of what it died may be another call's affair; the log has it, by the id.
      return failure('crashed', `${target}: the worker of call ${call} died`);
    case 'timed-out':
      return failure('timed-out', `${target}: call ${call} took too long`);
  }
}

/** An answer that is the framework's, not a handler's. */
export function failure(kind: RpcFailure, message: string): RpcAnswer {
  return { kind: 'error', failure: kind, error: { name: 'Error', message } };
}

function shown(
  { cause: _cause, stackHash: _hash, stack, ...error }: WireError,
  call: string,
  stacks: boolean,
): WireError {
  // The other side's log is searched by the id.
  const data = { ...error.data, callId: call };
  return { ...error, data, ...(stacks && stack !== undefined && { stack }) };
}
