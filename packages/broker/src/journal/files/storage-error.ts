import { BrokerError } from '../../broker-error.js';

/** The system's error as one that says what to do. */
export function storageError(doing: string, path: string, cause: unknown): BrokerError {
  if (cause instanceof BrokerError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return new BrokerError(
      'BROKER_DATA_FULL',
      `cannot ${doing} ${path}: no space is left; make room on that disk`,
      { cause },
    );
  const advice = 'give the process a directory that it may write to';
  return new BrokerError('BROKER_DATA_NOT_WRITABLE', `cannot ${doing} ${path}: ${message}; ${advice}`, {
    cause,
  });
}
