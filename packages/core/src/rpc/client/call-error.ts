import type { WireError } from '../../errors/wire-error.js';
import {
  RpcBadArgumentsError,
  RpcConnectionLostError,
  RpcCrashedError,
  RpcProtocolError,
  RpcTimeoutError,
  RpcUnauthorizedError,
  RpcUnknownTargetError,
  RpcUnsendableError,
} from '../errors/call-errors.js';
import type { AnswerOutcome, Refusal } from './carrier.js';

const classes = {
  'unknown-target': RpcUnknownTargetError,
  'bad-arguments': RpcBadArgumentsError,
  unauthorized: RpcUnauthorizedError,
  crashed: RpcCrashedError,
  'timed-out': RpcTimeoutError,
  unsendable: RpcUnsendableError,
  protocol: RpcProtocolError,
  lost: RpcConnectionLostError,
} as const satisfies Record<Refusal, unknown>;

/** What a caller gets for an answer without a result. */
export function errorOf(
  outcome: Extract<AnswerOutcome, { kind: 'thrown' | 'refused' }>,
  where: string,
  revive: (error: WireError) => Error,
): Error {
  if (outcome.kind === 'thrown') return revive(outcome.error);
  return new classes[outcome.refusal](`${where}: ${outcome.message}`);
}

/** The arguments of a call as JSON. What is left out at the end stays out: `null` would not become a default. */
export function encodeArguments(target: string, args: readonly unknown[]): string {
  try {
    return JSON.stringify(args.at(-1) === undefined ? withoutEnd(args) : args);
  } catch (cause) {
    throw new RpcUnsendableError(`the arguments of ${target} cannot be JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function withoutEnd(args: readonly unknown[]): readonly unknown[] {
  return args.slice(0, args.findLastIndex((argument) => argument !== undefined) + 1);
}
