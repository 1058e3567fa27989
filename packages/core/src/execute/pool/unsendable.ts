import { NotCloneableError } from '../../errors/kernel-errors.js';
import { toWireError } from '../../errors/wire-error.js';
import type { Call } from '../../run/call.js';
import type { Outcome } from '../../run/outcome.js';

/** How a call ends whose input the line cannot carry: it never would, nor to `onFailure`. */
export function unsendable({ target, id }: Call, cause: unknown): Outcome {
  const { message } = toWireError(cause);
  const error = new NotCloneableError(
    `${target}: the input of call ${id} cannot reach a worker: ${message} Pass plain data.`,
    { cause },
  );
  return { kind: 'rejected', error: toWireError(error) };
}
