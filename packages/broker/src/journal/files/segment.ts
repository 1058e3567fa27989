import type { FileHandle } from 'node:fs/promises';
import { Whereabouts } from './whereabouts.js';
import { writeFully } from './write-fully.js';

/** The file of a journal that is written to. */
export class Segment {
  readonly #whereabouts: Whereabouts;

  constructor(
    readonly path: string,
    readonly file: FileHandle,
  ) {
    this.#whereabouts = new Whereabouts(path);
  }

  /** Whether somebody who looks for it finds it. */
  get known(): boolean {
    return this.#whereabouts.known;
  }

  /** Keeps the bytes as `fsync` says. Throws where they would be kept in a file that nobody will find. */
  async write(bytes: Buffer, at: number, fsync: 'data' | 'os'): Promise<void> {
    await writeFully(this.file, bytes, at);
    if (fsync === 'data') await this.file.datasync();
    this.#whereabouts.assertKnown();
  }

  /** Drops what is behind the first `size` bytes. */
  async cut(size: number): Promise<void> {
    await this.file.truncate(size);
    await this.file.datasync();
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
