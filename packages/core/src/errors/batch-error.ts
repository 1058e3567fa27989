import { FrameworkError, knownError } from './errors.js';

/** A message of a batch that failed. */
export interface BatchFailure {
  /** Its place in the array that the handler got. */
  readonly index: number;
  /** What it failed of, as if the handler had thrown it for this message alone. */
  readonly error: unknown;
}

/**
 * Thrown by the handler of a batch to say which of its messages failed: those are tried again or dead-lettered, each by
 * its own count of attempts, the others are done. Anything else that the handler throws fails all of them.
 *
 * @example
 * ```ts
 * async store(orders: Order[]) {
 *   BatchError.throwIfRejected(await Promise.allSettled(orders.map((order) => save(order))));
 * }
 * ```
 */
@knownError('BATCH_FAILED')
export class BatchError extends FrameworkError {
  /** The messages that failed. */
  declare readonly failures: readonly BatchFailure[];

  constructor(message: string, options?: ErrorOptions & { failures?: readonly BatchFailure[] }) {
    super(message, options);
    // Each message's own error is what its ending tells.
    Object.defineProperty(this, 'failures', { value: options?.failures ?? [], configurable: true });
  }

  /** Makes the error that names these messages. */
  static of(failures: readonly BatchFailure[]): BatchError {
    const places = failures.map(({ index }) => index).join(', ');
    const cause = failures[0]?.error;
    return new BatchError(`${failures.length} messages of the batch failed: ${places}`, { failures, cause });
  }

  /** Throws when one of the results, in the order of the messages, is a rejection. */
  static throwIfRejected(results: readonly PromiseSettledResult<unknown>[]): void {
    const failures = results.flatMap((result, index) =>
      result.status === 'rejected' ? { index, error: result.reason as unknown } : [],
    );
    if (failures.length > 0) throw BatchError.of(failures);
  }
}
