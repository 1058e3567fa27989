import { closeSync, constants, openSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { BrokerError } from '../../broker-error.js';

/** Holds a folder for one broker. It ends with `release` or with the process, however that ends. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Locks a folder, or throws `BROKER_DATA_IN_USE`.
 *
 * The lock is something the operating system takes back by itself: a lock file that a dead process left behind could
 * only be removed by guessing, and two that guess at once both win. On Linux and Windows it is a name that only one
 * process can listen on, made from the folder's own number; elsewhere an open file with an exclusive lock.
 */
export async function lockFolder(path: string): Promise<FolderLock> {
  if (process.platform === 'linux' || process.platform === 'win32') return listenLock(path);
  return openLock(path);
}

async function listenLock(path: string): Promise<FolderLock> {
  const { dev, ino } = statSync(path, { bigint: true });
  const name = `micro-framework-broker-${dev}-${ino}`;
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(cause.code === 'EADDRINUSE' ? inUse(path, cause) : cause),
    );
    // A leading NUL is Linux's abstract namespace: no file is left behind. Exclusive, as processes of `node:cluster`
    // would share the name, and each take itself for the holder.
    const address = process.platform === 'linux' ? `\0${name}` : `\\\\.\\pipe\\${name}`;
    server.listen({ path: address, exclusive: true }, resolve);
  });
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

// O_EXLOCK, known to macOS and the BSDs; Node has no name for it.
const exclusiveLock = 0x20;

async function openLock(path: string): Promise<FolderLock> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | exclusiveLock;
  try {
    const file = openSync(join(path, 'lock'), flags, 0o600);
    return { release: async () => closeSync(file) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EAGAIN') throw inUse(path, cause);
    throw cause;
  }
}

function inUse(path: string, cause: unknown): BrokerError {
  const message = `${path} is in use by another broker; connect to that one, or give this one a directory of its own`;
  return new BrokerError('BROKER_DATA_IN_USE', message, { cause });
}
