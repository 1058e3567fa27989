import type { RpcCallOptions } from '../rpc-service.js';
import { onAbort } from './abort-listener.js';

/** Waits for something that others wait for, too, no longer than one's own call may take. */
export function patiently<T>(
  work: Promise<T>,
  { timeout, signal }: RpcCallOptions,
  late: () => Error,
): Promise<T> {
  if (timeout === undefined && signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const timer = timeout === undefined ? undefined : setTimeout(() => end(() => reject(late())), timeout);
    const release = signal && onAbort(signal, () => end(() => reject(signal.reason)));
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      release?.();
      settle();
    };
    if (signal?.aborted) end(() => reject(signal.reason));
    work.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    );
  });
}
