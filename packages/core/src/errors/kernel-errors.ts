import { FrameworkError, knownError } from './errors.js';

/** The scan found faults in the declared services. `faults` lists all of them, each with its place and mend. */
@knownError('SCAN_FAILED')
export class ScanError extends FrameworkError {
  /** One sentence a fault. */
  declare readonly faults: readonly string[];

  constructor(message: string, options?: ErrorOptions & { faults?: readonly string[] }) {
    super(message, options);
    keepUnshown(this, options?.faults ?? []);
  }

  /** Makes one error of all that the scan found. */
  static of(faults: readonly string[]): ScanError {
    return new ScanError(listed('the services cannot be started', faults), { faults });
  }
}

/** Options or environment hold an unknown name or an impossible value. `faults` lists all of them. */
@knownError('BAD_CONFIG')
export class ConfigError extends FrameworkError {
  /** One sentence a fault. */
  declare readonly faults: readonly string[];

  constructor(message: string, options?: ErrorOptions & { faults?: readonly string[] }) {
    super(message, options);
    keepUnshown(this, options?.faults ?? []);
  }

  /** Makes one error of all that was wrong. */
  static of(faults: readonly string[]): ConfigError {
    return new ConfigError(listed('the configuration cannot be used', faults), { faults });
  }
}

/** A worker could not load the service module, or died before it was ready. */
@knownError('WORKER_START_FAILED')
export class WorkerStartError extends FrameworkError {}

/** The worker died while it ran the call: exit, uncaught exception, out of memory, or a signal. */
@knownError('WORKER_CRASHED')
export class WorkerCrashedError extends FrameworkError {}

/** A dependency was asked for where it cannot be had. */
@knownError('DEPENDENCY_UNKNOWN')
export class DependencyUnknownError extends FrameworkError {}

/** The call ran longer than its `taskTimeout`; its signal was aborted, then its worker ended. */
@knownError('TASK_TIMED_OUT')
export class TaskTimedOutError extends FrameworkError {}

/** What came in cannot be turned into arguments: malformed, of a wrong type, or too large. It is never retried. */
@knownError('BAD_INPUT')
export class BadInputError extends FrameworkError {}

/** A value that must cross a thread or process boundary cannot be cloned (a function, a symbol, a class with private state). */
@knownError('NOT_CLONEABLE')
export class NotCloneableError extends FrameworkError {}

/** The call was not begun: the service is stopping, or its queue is full. */
@knownError('CALL_REFUSED')
export class CallRefusedError extends FrameworkError {}

/** `bootstrap` was called for a module that already runs in this process. */
@knownError('ALREADY_RUNNING')
export class AlreadyRunningError extends FrameworkError {}

/** `stop()` or a signal came before the start was done. */
@knownError('STOPPED_WHILE_STARTING')
export class StoppedWhileStartingError extends FrameworkError {}

/** A question from a worker to the main side was not answered: the call ended first, or nobody answers such questions. */
@knownError('BRIDGE_FAILED')
export class BridgeError extends FrameworkError {}

// The message lists them already: whoever prints the error would show them twice.
function keepUnshown(error: ScanError | ConfigError, faults: readonly string[]): void {
  Object.defineProperty(error, 'faults', { value: faults, configurable: true, writable: true });
}

function listed(headline: string, faults: readonly string[]): string {
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return `${headline}: ${count}\n${faults.map((fault, index) => `  ${index + 1}. ${fault}`).join('\n')}`;
}
