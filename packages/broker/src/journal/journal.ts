import type { CommitListener, Durability } from '../durability.js';
import type { Engine } from '../engine/engine.js';
import type { Binding } from '../engine/exchange/binding.js';
import type { Exchange } from '../engine/exchange/exchange.js';
import type { Message } from '../engine/message/message.js';
import type { Entry } from '../engine/queue/entry.js';
import type { Queue } from '../engine/queue/queue.js';
import type { Store } from '../engine/store.js';
import { CommitLog, type CommitLogHooks } from './commit-log.js';
import { Compaction } from './compaction.js';
import { DataFolder } from './data-folder.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { writeRecord } from './records.js';
import { type Resumption, recover } from './recovery.js';
import type { Segment } from './segment.js';
import { Snapshot } from './snapshot.js';
import { storageError } from './storage-error.js';

export interface JournalOptions {
  readonly path: string;
  readonly fsync: 'data' | 'os';
  /** Bytes. */
  readonly compactAt: number;
  /** Told when the disk begins to fail; the broker goes on, and refuses what it cannot keep. */
  readonly onError: (error: Error) => void;
}

// What a record costs besides the message in it.
const entryOverhead = 32;

/** Keeps durable queues and persistent messages in append-only files. */
export class Journal implements Store, Durability, CommitLogHooks {
  readonly #options: JournalOptions;
  readonly #folder: DataFolder;
  readonly #lock: FolderLock;
  readonly #compaction: Compaction;
  #log: CommitLog | undefined;
  #engine: Engine | undefined;
  #lastMessage: Message | undefined;
  #lastQueueId = 0;

  private constructor(options: JournalOptions, folder: DataFolder, lock: FolderLock) {
    this.#options = options;
    this.#folder = folder;
    this.#lock = lock;
    this.#compaction = new Compaction(folder, options.compactAt);
  }

  /** Takes the folder, or says why not. `recover` comes next, before anything is told to the journal. */
  static async open(options: JournalOptions): Promise<Journal> {
    const folder = new DataFolder(options.path);
    return new Journal(options, folder, await lockFolder(options.path));
  }

  get failing(): boolean {
    return this.#log?.failing ?? false;
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
    this.#lastQueueId = found.lastQueueId;
    this.#compaction.olderBytes = found.totalBytes - found.soundBytes;
    for (const entry of engine.keptEntries()) this.#compaction.liveBytes += entry.recordBytes;
    const file = await this.#reopen(found);
    this.#log = new CommitLog(file, found.soundBytes, this.#options.fsync, this);
    for (const queue of engine.queues.byName.values()) queue.wake();
  }

  /** Writes what is outstanding and gives the folder free. */
  async close(): Promise<void> {
    try {
      await this.#compaction.finished();
      if (this.#log) writeRecord.clean(this.#log.next());
      await this.#log?.close();
    } catch (cause) {
      throw storageError('write to', this.#folder.path, cause);
    } finally {
      await this.#lock.release();
    }
  }

  exchangeDeclared(exchange: Exchange): void {
    if (this.#log) writeRecord.exchange(this.#log.next(), exchange);
  }

  exchangeDeleted(exchange: Exchange): void {
    if (this.#log) writeRecord.exchangeGone(this.#log.next(), exchange);
  }

  queueDeclared(queue: Queue): void {
    if (!this.#log) return;
    queue.storeId = ++this.#lastQueueId;
    writeRecord.queue(this.#log.next(), queue);
  }

  queueDeleted(queue: Queue): void {
    if (this.#log) writeRecord.queueGone(this.#log.next(), queue);
  }

  bound(binding: Binding): void {
    if (this.#log) writeRecord.binding(this.#log.next(), true, binding);
  }

  unbound(binding: Binding): void {
    if (this.#log) writeRecord.binding(this.#log.next(), false, binding);
  }

  enqueued(entry: Entry): void {
    if (!this.#log) return;
    const { message } = entry;
    const isCopy = message === this.#lastMessage;
    this.#lastMessage = message;
    writeRecord.entry(this.#log.next(), entry, isCopy);
    entry.recordBytes = entryOverhead + (isCopy ? 0 : message.bytes.length);
    this.#compaction.liveBytes += entry.recordBytes;
  }

  returned(entry: Entry): void {
    if (this.#log) writeRecord.returned(this.#log.next(), entry);
  }

  removed(entry: Entry): void {
    // What went with its queue needs no record of its own.
    if (this.#log && !entry.queue.deleted) writeRecord.removed(this.#log.next(), entry);
    this.#compaction.liveBytes -= entry.recordBytes;
    entry.recordBytes = 0;
  }

  cut(): (() => Promise<Segment | undefined>) | undefined {
    // A copy refers to the record before it, which has to be in the same batch.
    this.#lastMessage = undefined;
    const log = this.#log;
    if (!this.#engine || !log || !this.#compaction.isDue(log)) return undefined;
    const snapshot = new Snapshot(this.#engine);
    return () => this.#compaction.begin(snapshot, log);
  }

  failed(cause: unknown): void {
    this.#options.onError(storageError('write to', this.#folder.segment(this.#compaction.segment), cause));
  }

  async #reopen({ soundBytes }: Resumption): Promise<Segment> {
    const file = await this.#folder.openSegment(this.#compaction.segment, soundBytes > 0 ? 'r+' : 'w');
    try {
      await file.cut(soundBytes);
      return file;
    } catch (cause) {
      await file.close();
      throw storageError('write to', file.path, cause);
    }
  }
}
