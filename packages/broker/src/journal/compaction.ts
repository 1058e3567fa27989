import type { DataFolder } from './files/data-folder.js';
import type { Segment } from './files/segment.js';
import type { Snapshot } from './snapshot.js';

/** What knows how many bytes are in the segment that is written to. */
export interface Sized {
  readonly size: number;
}

/**
 * Rewriting: when most of what is in the files has been consumed, a snapshot of the rest takes their place, and a new
 * segment goes on from there. The broker goes on meanwhile.
 */
export class Compaction {
  /** The number of the segment that is written to. */
  segment = 1;
  /** Bytes of the files besides that one. */
  olderBytes = 0;
  /** Bytes of records that a recovery would still need. */
  liveBytes = 0;
  readonly #folder: DataFolder;
  readonly #atLeast: number;
  #worthFrom: number;
  #running: Promise<void> | undefined;

  /** @param atLeast - bytes that make it worth the trouble. */
  constructor(folder: DataFolder, atLeast: number) {
    this.#folder = folder;
    this.#atLeast = atLeast;
    this.#worthFrom = atLeast;
  }

  /** Whether to begin now. */
  isDue({ size }: Sized): boolean {
    const total = this.olderBytes + size;
    return this.#running === undefined && total > this.#worthFrom && this.liveBytes * 2 < total;
  }

  /** Opens the segment to go on in, which the snapshot leads up to; nothing where that cannot be done. */
  async begin(snapshot: Snapshot, log: Sized): Promise<Segment | undefined> {
    const next = this.segment + 1;
    let file: Segment;
    try {
      file = await this.#folder.openSegment(next, 'w');
    } catch {
      this.#postpone(log);
      return undefined;
    }
    this.olderBytes += log.size;
    this.segment = next;
    this.#running = this.#write(snapshot, next, log).finally(() => {
      this.#running = undefined;
    });
    return file;
  }

  /** Resolves when none runs. */
  async finished(): Promise<void> {
    await this.#running;
  }

  async #write(snapshot: Snapshot, number: number, log: Sized): Promise<void> {
    try {
      this.olderBytes = await snapshot.write(this.#folder, number);
      this.#folder.removeBefore(number);
      this.#worthFrom = this.#atLeast;
    } catch {
      // Nothing is lost: the files that were to be replaced are still there.
      this.#postpone(log);
      this.#dropUnfinished();
    }
  }

  #dropUnfinished(): void {
    try {
      this.#folder.removeUnfinished();
    } catch {
      // The next broker that opens the folder does it.
    }
  }

  // There was no room for a snapshot; trying again with every batch would only make that worse.
  #postpone({ size }: Sized): void {
    this.#worthFrom = this.olderBytes + size + this.#atLeast;
  }
}
