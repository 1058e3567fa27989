import { isMainThread, parentPort } from 'node:worker_threads';
import { assertReadable } from '../../errors/nesting.js';
import { type FromWorker, isOurs, type ToWorker } from '../protocol.js';

/** A worker's way to the main side, beside poolifier's. */
export interface Channel {
  /** Throws when the message cannot be cloned, or the main side could not read it. */
  post(message: FromWorker): void;
  listen(receive: (message: ToWorker) => void): void;
}

/** The channel of this thread or process. */
export function openChannel(): Channel {
  const { post, listen } = isMainThread ? processChannel() : threadChannel();
  return {
    post: (message) => {
      assertReadable(message);
      post(message);
    },
    listen,
  };
}

function threadChannel(): Channel {
  return {
    post: (message) => parentPort?.postMessage(message),
    listen: (receive) => {
      parentPort?.on('message', (message: unknown) => {
        if (isOurs<ToWorker>(message)) receive(message);
      });
    },
  };
}

function processChannel(): Channel {
  // Bound now: a handler may replace it.
  const send = process.send?.bind(process);
  return {
    // When the channel is closed the process is about to end; there is nobody left to tell.
    post: (message) => {
      send?.(message, undefined, undefined, () => {});
    },
    listen: (receive) => {
      process.on('message', (message: unknown) => {
        if (isOurs<ToWorker>(message)) receive(message);
      });
      process.on('disconnect', () => process.exit(0));
    },
  };
}
