import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storageError } from '../journal/data-folder.js';

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

  remove(): void {
    try {
      rmSync(this.path, { recursive: true, force: true });
    } catch (cause) {
      throw storageError('remove', this.path, cause);
    }
  }

  /** What it says; nothing where it is missing or damaged. */
  read(): Host | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM') throw storageError('read', this.path, cause);
      return undefined;
    }
    return parseHost(text);
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
