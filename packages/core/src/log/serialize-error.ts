import { toWireError, type WireError } from '../errors/wire-error.js';

// Made where the framework found out: their stacks lead nowhere. What happened is in the cause.
const stackless: ReadonlySet<string | undefined> = new Set(['WORKER_CRASHED', 'TASK_TIMED_OUT']);

/**
 * What a log line shows as `err`: an error, or one that came from a worker as data. `message` is its own alone: pino's
 * would append those of its causes, which our sentences repeat where it helps.
 */
export function serializeError(value: unknown): unknown {
  if (value instanceof Error) return shownError(value);
  return isWireError(value) ? shown(value) : value;
}

function shownError(error: Error): object {
  const wire = toWireError(error);
  return error instanceof AggregateError && Array.isArray(error.errors)
    ? { ...shown(wire), aggregateErrors: error.errors.map(serializeError) }
    : shown(wire);
}

function shown({ name, message, code, stack, data, cause }: WireError): object {
  return {
    ...data,
    type: name,
    message,
    ...(code !== undefined && { code }),
    ...(stack !== undefined && !stackless.has(code) && { stack }),
    ...(cause && { cause: shown(cause) }),
  };
}

function isWireError(value: unknown): value is WireError {
  if (typeof value !== 'object' || value === null) return false;
  const { name, message } = value as Partial<Record<keyof WireError, unknown>>;
  return typeof name === 'string' && typeof message === 'string';
}
