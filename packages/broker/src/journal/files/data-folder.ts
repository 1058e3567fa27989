import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Segment } from './segment.js';
import { storageError } from './storage-error.js';
import { Whereabouts } from './whereabouts.js';

const segmentName = /^journal-(\d{8})$/;
const snapshotName = /^snapshot-(\d{8})$/;
const unfinishedName = /^snapshot-(\d{8})\.tmp$/;

/**
 * The files of a journal. `journal-N` holds what happened, in order; `snapshot-N` holds everything there was when
 * `journal-N` began, so that the journals before it are of no use. Only the user of the process may read them.
 */
export class DataFolder {
  readonly #whereabouts: Whereabouts;

  constructor(readonly path: string) {
    try {
      makeFolder(path);
      this.#whereabouts = new Whereabouts(path);
    } catch (cause) {
      throw storageError('create', path, cause);
    }
  }

  /** Whether it is still the folder of that name. */
  get known(): boolean {
    return this.#whereabouts.known;
  }

  segment(number: number): string {
    return join(this.path, `journal-${pad(number)}`);
  }

  snapshot(number: number): string {
    return join(this.path, `snapshot-${pad(number)}`);
  }

  /** What is to be a snapshot, and has not all of it yet. */
  unfinished(number: number): string {
    return `${this.snapshot(number)}.tmp`;
  }

  /** The newest snapshot, if any, and the journals that go on from it, oldest first. */
  contents(): { readonly snapshot: number | undefined; readonly segments: readonly number[] } {
    const snapshots = this.#numbers(snapshotName);
    const snapshot = snapshots.at(-1);
    return { snapshot, segments: this.#numbers(segmentName).filter((number) => number >= (snapshot ?? 0)) };
  }

  /** Opens a journal to go on in. */
  async openSegment(number: number, flags: 'r+' | 'w'): Promise<Segment> {
    const path = this.segment(number);
    return new Segment(path, await this.create(path, flags));
  }

  /** Opens a file for writing and makes its name last. */
  async create(path: string, flags: 'r+' | 'w'): Promise<FileHandle> {
    try {
      this.#whereabouts.assertKnown(); // another broker may have another folder of the name
      const file = await open(path, flags, 0o600);
      await this.sync();
      return file;
    } catch (cause) {
      throw storageError('write to', path, cause);
    }
  }

  /** Gives a snapshot that is whole its name. */
  async publish(number: number): Promise<void> {
    this.#whereabouts.assertKnown();
    await rename(this.unfinished(number), this.snapshot(number));
    await this.sync();
  }

  /** Removes what a snapshot has made useless. */
  removeBefore(number: number): void {
    this.#whereabouts.assertKnown();
    for (const old of this.#numbers(segmentName)) if (old < number) this.#remove(this.segment(old));
    for (const old of this.#numbers(snapshotName)) if (old < number) this.#remove(this.snapshot(old));
  }

  /** Removes what was to be a snapshot and has come to nothing: it takes room that the journal needs. */
  removeUnfinished(): void {
    this.#whereabouts.assertKnown();
    for (const number of this.#numbers(unfinishedName)) this.#remove(this.unfinished(number));
  }

  /** The names in the folder are on the disk, too. */
  async sync(): Promise<void> {
    if (process.platform === 'win32') return; // a folder cannot be opened there
    const folder = await open(this.path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #remove(path: string): void {
    try {
      rmSync(path, { force: true });
    } catch (cause) {
      throw storageError('remove', path, cause);
    }
  }

  #numbers(pattern: RegExp): number[] {
    try {
      const found = readdirSync(this.path).flatMap((name) => pattern.exec(name)?.[1] ?? []);
      return found.map(Number).sort((a, b) => a - b);
    } catch (cause) {
      throw storageError('read', this.path, cause);
    }
  }
}

// Level by level: `recursive` tries for ever where a file system, such as /proc, takes no new folders and says ENOENT.
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    if (!isFolder(path)) throw cause; // otherwise another process was faster
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function pad(number: number): string {
  return String(number).padStart(8, '0');
}
