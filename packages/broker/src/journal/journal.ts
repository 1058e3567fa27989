import type { CommitListener, Durability } from '../durability.js';
import type { Engine } from '../engine/engine.js';
import { CommitLog, type CommitLogHooks } from './commit-log.js';
import { Compaction } from './compaction.js';
import { DataFolder } from './files/data-folder.js';
import { type FolderLock, lockFolder } from './files/folder-lock.js';
import type { Segment } from './files/segment.js';
import { storageError } from './files/storage-error.js';
import { RecordKeeper } from './record-keeper.js';
import { Batch } from './records/batch.js';
import { writeRecord } from './records/write-record.js';
import { type Resumption, recover } from './recovery.js';
import { Snapshot } from './snapshot.js';

export interface JournalOptions {
  readonly path: string;
  readonly fsync: 'data' | 'os';
  /** Bytes. */
  readonly compactAt: number;
  /** Told when the disk begins to fail; the broker goes on, and refuses what it cannot keep. */
  readonly onError: (error: Error) => void;
}

/** Keeps durable queues and persistent messages in append-only files. */
export class Journal implements Durability, CommitLogHooks {
  /** For the engine, to be told of what happens. */
  readonly store: RecordKeeper;
  readonly #options: JournalOptions;
  readonly #folder: DataFolder;
  readonly #lock: FolderLock;
  readonly #compaction: Compaction;
  #log: CommitLog | undefined;
  #engine: Engine | undefined;
  #closing = false;

  private constructor(options: JournalOptions, folder: DataFolder, lock: FolderLock) {
    this.#options = options;
    this.#folder = folder;
    this.#lock = lock;
    this.#compaction = new Compaction(folder, options.compactAt);
    this.store = new RecordKeeper(this.#compaction);
  }

  /** Takes the folder, or says why not. `recover` comes next, before anything is told to the journal. */
  static async open(options: JournalOptions): Promise<Journal> {
    const folder = new DataFolder(options.path);
    return new Journal(options, folder, await lockFolder(options.path));
  }

  get records(): number {
    return this.#log?.records ?? 0;
  }

  get batch(): number {
    return this.#log?.batch ?? 0;
  }

  get backlog(): number {
    return this.#log?.backlog ?? 0;
  }

  /** Whether the folder is still the one of that name. */
  get folderKnown(): boolean {
    return this.#folder.known;
  }

  /** Finds out whether the files are still there, also while nothing is written. */
  check(): void {
    this.#log?.check();
  }

  notify(listener: CommitListener): void {
    this.#log?.notify(listener);
  }

  /** Fills an empty engine with what the files hold, and follows it from then on. */
  async recover(engine: Engine): Promise<void> {
    const found = recover(this.#folder, engine, this.#options.fsync === 'os');
    this.#engine = engine;
    this.#compaction.segment = found.segment;
    this.#compaction.olderBytes = found.totalBytes - found.soundBytes;
    for (const entry of engine.keptEntries()) this.#compaction.liveBytes += entry.recordBytes;
    const { file, size } = await this.#reopen(found);
    this.#log = new CommitLog(file, size, this.#options.fsync, this);
    this.store.follow(this.#log, found.lastQueueId);
    for (const queue of engine.queues.byName.values()) queue.wake();
  }

  /** Writes what is outstanding and gives the folder free. */
  async close(): Promise<void> {
    this.#closing = true;
    try {
      this.#log?.append(writeRecord.clean, undefined);
      await this.#log?.close();
    } catch (cause) {
      throw storageError('write to', this.#folder.path, cause);
    } finally {
      // It removes files, which are another broker's once the folder is free.
      await this.#compaction.finished();
      await this.#lock.release();
    }
  }

  cut(): (() => Promise<Segment | undefined>) | undefined {
    this.store.endBatch();
    const log = this.#log;
    // The last file is the one that says how it ended.
    if (this.#closing || !this.#engine || !log || !this.#compaction.isDue(log)) return undefined;
    const snapshot = new Snapshot(this.#engine);
    return () => this.#compaction.begin(snapshot, log);
  }

  failed(cause: unknown): void {
    this.#options.onError(storageError('write to', this.#folder.segment(this.#compaction.segment), cause));
  }

  // That it was taken over is on the disk before anything is delivered: this broker may crash after the first delivery.
  async #reopen({ soundBytes }: Resumption): Promise<{ file: Segment; size: number }> {
    const file = await this.#folder.openSegment(this.#compaction.segment, soundBytes > 0 ? 'r+' : 'w');
    try {
      await file.cut(soundBytes);
      const batch = new Batch();
      batch.append(writeRecord.started, undefined);
      await file.write(batch.seal(soundBytes), soundBytes, this.#options.fsync);
      return { file, size: soundBytes + batch.size };
    } catch (cause) {
      await file.close();
      throw storageError('write to', file.path, cause);
    }
  }
}
