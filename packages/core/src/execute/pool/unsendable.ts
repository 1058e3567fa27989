import { serialize } from 'node:v8';
import { NotCloneableError } from '../../errors/kernel-errors.js';
import { toWireError } from '../../errors/wire-error.js';
import type { Call } from '../../run/call.js';
import type { Outcome } from '../../run/outcome.js';

/** Whether it is the call that the line to a worker could not carry; else the line is broken. */
export function isAtFault(call: Call, cause: unknown): boolean {
  // It is nested too deep, and a little less of the stack is taken here: tried again it may just fit.
  if (cause instanceof RangeError) return true;
  try {
    serialize(call);
    return false;
  } catch {
    return true;
  }
}

/** How a call ends whose input the line cannot carry: it never would, nor to `onFailure`. */
export function unsendable({ target, id }: Call, cause: unknown): Outcome {
  const why = cause instanceof RangeError ? 'it is nested too deep.' : toWireError(cause).message;
  const error = new NotCloneableError(
    `${target}: the input of call ${id} cannot reach a worker: ${why} Pass plain data.`,
    { cause },
  );
  return { kind: 'rejected', error: toWireError(error) };
}
