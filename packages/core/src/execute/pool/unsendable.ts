import { serialize } from 'node:v8';
import { NotCloneableError } from '../../errors/kernel-errors.js';
import { toWireError } from '../../errors/wire-error.js';
import type { Call } from '../../run/call.js';
import type { Outcome } from '../../run/outcome.js';

/** Whether the line to a worker can carry it. */
export function isCloneable(call: Call): boolean {
  try {
    serialize(call);
    return true;
  } catch {
    return false;
  }
}

/** How a call ends whose input the line cannot carry: it never would, so it is not tried again. */
export function unsendable({ target, id }: Call, cause: unknown): Outcome {
  const { message } = toWireError(cause);
  const error = new NotCloneableError(
    `${target}: the input of call ${id} cannot reach a worker: ${message} Pass plain data.`,
    { cause },
  );
  return { kind: 'failed', error: toWireError(error), retryable: false };
}
