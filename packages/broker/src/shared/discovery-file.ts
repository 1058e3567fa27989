import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { storageError } from '../journal/files/storage-error.js';

/** How others of this machine reach the broker that holds a folder. */
export interface Host {
  readonly url: string;
  readonly pid: number;
  /** The broker's own; it says so in its greeting. */
  readonly id: string;
}

/**
 * The file in which the host of a folder says where it listens. The password is in it, so only the user of the process
 * may read it. It is a hint, not the truth: a host that was killed leaves it behind, and who holds the folder is for
 * the lock to say.
 */
export class DiscoveryFile {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, 'host.json');
  }

  /** Puts it there whole: a reader sees the old one or this one. Only the holder of the folder may call it. */
  write(host: Host): void {
    const temporary = `${this.path}.new`;
    try {
      rmSync(temporary, { recursive: true, force: true }); // with its mode, which might be another
      writeFileSync(temporary, JSON.stringify(host), { mode: 0o600, flag: 'wx' });
      renameSync(temporary, this.path);
    } catch (cause) {
      throw storageError('write to', this.path, cause);
    }
  }

  /** Removes what a host that was killed has left. Only the holder of the folder may call it. */
  clear(): void {
    try {
      rmSync(this.path, { recursive: true, force: true });
    } catch (cause) {
      throw storageError('remove', this.path, cause);
    }
  }

  /** Removes what this host has written; not what another one has. */
  withdraw(host: Host): void {
    if (this.names(host)) this.clear();
  }

  /** Whether it leads to this host. */
  names({ url, pid, id }: Host): boolean {
    const there = this.read();
    return there?.id === id && there.url === url && there.pid === pid;
  }

  /** What it says; nothing where it is missing or damaged. */
  read(): Host | undefined {
    try {
      return parseHost(readSmallFile(this.path));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM') throw storageError('read', this.path, cause);
      return undefined;
    }
  }
}

/** More bytes than any URL of a broker has. */
const largest = 16 * 1024;

// Whatever somebody has put there must not hold up the process that looks: nothing of a pipe, and not all of a disk.
function readSmallFile(path: string): string {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!fstatSync(file).isFile()) return '';
    const bytes = Buffer.alloc(largest);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, largest, 0));
  } finally {
    closeSync(file);
  }
}

function parseHost(text: string): Host | undefined {
  try {
    const { url, pid, id } = Object(JSON.parse(text)) as Record<string, unknown>;
    const isAddress = typeof url === 'string' && new URL(url).protocol === 'amqp:';
    if (!isAddress || typeof pid !== 'number' || typeof id !== 'string') return undefined;
    return { url, pid, id };
  } catch {
    return undefined; // cut short by a power failure, or somebody else's
  }
}
