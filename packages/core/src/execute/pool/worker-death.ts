import { WorkerCrashedError, WorkerStartError } from '../../errors/kernel-errors.js';
import { fromWireError, toWireError, type WireError } from '../../errors/wire-error.js';
import type { Call } from '../../run/call.js';
import type { WorkerEnd } from '../link/worker-link.js';
import type { WorkerInit } from '../worker-init.js';
import type { WorkerPlan } from '../worker-plan.js';

/** Why a worker is no more. */
export interface Death {
  readonly end: WorkerEnd;
  /** The last error in the worker that nothing caught, if it could still tell. */
  readonly lastWords: WireError | undefined;
  /** Why the main side ended it, if it did. */
  readonly killed: Killing | undefined;
}

/** An end the main side made. */
export interface Killing {
  /** Goes on from "the worker". */
  readonly why: string;
  readonly cause?: WireError;
}

/** The error of a call whose worker died. */
export function crashOf({ target, id }: Call, death: Death): WireError {
  const cause = causeOf(death);
  const message = `${target}: the worker of call ${id} ${howItDied(death)}`;
  return toWireError(new WorkerCrashedError(message, cause && { cause }));
}

// Node's own words, where no loader took the file.
const isTypeScriptUnknown = /Unknown file extension "\.[cm]?tsx?"/;

const loaderHint =
  "The loader that runs this process does not reach worker threads: use workerMode 'process', or build first.";

/** The error of a worker that died before it was ready. */
export function startErrorOf(
  { plan, init }: { readonly plan: WorkerPlan; readonly init: WorkerInit },
  death: Death,
): WorkerStartError {
  const cause = causeOf(death);
  const how = howItDied(death);
  const advice = plan.mode.endsWith('thread') && isTypeScriptUnknown.test(how) ? `. ${loaderHint}` : '';
  const message = `a worker (${plan.mode}) for ${init.hostUrl ?? init.url} ${how}${advice}`;
  return new WorkerStartError(message, cause && { cause });
}

/** The error underneath, as far as it is known. */
export function causeOf(death: Death): Error | undefined {
  const cause = death.killed ? death.killed.cause : uncaughtIn(death);
  return cause && fromWireError(cause);
}

const memoryHint =
  'give its workers more with resourceLimits.maxOldGenerationSizeMb, or less at a time with tasksPerWorker';

/** How a worker died and what may be done about it: the end of a sentence that begins with the worker. */
export function howItDied(death: Death): string {
  const { killed } = death;
  if (killed) return killed.cause ? `${killed.why}: ${killed.cause.message}` : killed.why;
  const { code, signal } = death.end;
  const uncaught = uncaughtIn(death);
  if (uncaught?.code === 'ERR_WORKER_OUT_OF_MEMORY') return `ran out of memory: ${memoryHint}`;
  if (uncaught) return `died of an error that nothing caught: ${uncaught.name}: ${uncaught.message}`;
  switch (signal) {
    case null:
      return `exited with code ${code}: its code, or a library, called process.exit()`;
    case 'SIGKILL':
      return `was killed (SIGKILL), by hand or by a system short of memory: if so, ${memoryHint}`;
    case 'SIGABRT':
    case 'SIGTRAP':
    case 'SIGILL':
      return `aborted (${signal}), most likely out of memory, see what it wrote to stderr: ${memoryHint}`;
    default:
      return `was ended by ${signal}`;
  }
}

// The codes Node exits with after an error that nothing caught. With another, an earlier one was survived.
const uncaughtCodes: readonly (number | null)[] = [1, 7];

function uncaughtIn({ end, lastWords }: Death): WireError | undefined {
  if (lastWords && uncaughtCodes.includes(end.code)) return lastWords;
  return end.error === undefined ? undefined : toWireError(end.error);
}
