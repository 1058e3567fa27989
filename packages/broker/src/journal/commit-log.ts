import type { ByteWriter } from '../codec/byte-writer.js';
import type { CommitListener, Durability } from '../durability.js';
import type { Segment } from './files/segment.js';
import { Batch } from './records/batch.js';

export interface CommitLogHooks {
  /** Called when a batch is closed; what it returns is run once the batch is safe, and may give a file to go on in. */
  cut(): (() => Promise<Segment | undefined>) | undefined;
  /** Called when writing begins to fail; it is tried again until it works. */
  failed(error: unknown): void;
}

/**
 * `idle`: nothing to write. `busy`: batches are being written, or will be in this turn of the event loop. `failing`: a
 * batch could not be written and is tried again. `closed`: nothing is written any more.
 */
type State = 'idle' | 'busy' | 'failing' | 'closed';

const retryAfter = 500;

/**
 * Group commit. Records gather while a batch is on its way to the disk, so however many publishers there are, they
 * share one `fdatasync`.
 */
export class CommitLog implements Durability {
  records = 0;
  batch = 1;
  /** Bytes in the file. */
  size: number;
  #state: State = 'idle';
  #file: Segment;
  #gathering = new Batch();
  #spare = new Batch();
  #writing = 0;
  #listeners: CommitListener[] = [];
  #running: Promise<void> = Promise.resolve();
  #endRetryWait: () => void = () => {};
  #closing = false;
  #lastError: unknown;

  constructor(
    file: Segment,
    size: number,
    readonly fsync: 'data' | 'os',
    readonly hooks: CommitLogHooks,
  ) {
    this.#file = file;
    this.size = size;
  }

  get failing(): boolean {
    return this.#state === 'failing';
  }

  get backlog(): number {
    return this.#gathering.size + this.#writing;
  }

  /** Takes a record. Throws, and has taken nothing, where it cannot be written down. */
  append<T>(write: (to: ByteWriter, what: T) => void, what: T): void {
    this.#gathering.append(write, what);
    this.records++;
    this.commit();
  }

  /** Writes a batch, even an empty one: then it is known whether that can be done. */
  commit(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'busy';
    // Everything that happens in this turn goes into one batch.
    setImmediate(() => {
      this.#running = this.#run();
    });
  }

  /** Notices that its file is gone, also while there is nothing to write. */
  check(): void {
    if (!this.#file.known) this.commit();
  }

  notify(listener: CommitListener): void {
    this.#listeners.push(listener);
  }

  /** Writes what there is and closes the file. Rejects when that cannot be done. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#endRetryWait();
    // What failed is tried once more. Only then may the file be closed.
    do {
      await new Promise(setImmediate);
      await this.#running;
    } while (this.#state === 'busy');
    const failed = this.#state === 'failing';
    this.#state = 'closed';
    await this.#file.close();
    if (failed) throw this.#lastError;
  }

  async #run(): Promise<void> {
    do {
      const batch = this.#gathering;
      this.#gathering = this.#spare;
      const number = this.batch++;
      const rotate = this.hooks.cut();
      this.#writing = batch.size;
      const isSafe = await this.#persist(batch);
      if (!isSafe) return;
      this.#writing = 0;
      this.size += batch.size;
      batch.clear();
      this.#spare = batch;
      for (const listener of this.#takeListeners()) listener.written(number);
      if (rotate) await this.#moveTo(await rotate());
    } while (!this.#gathering.isEmpty);
    this.#state = 'idle';
  }

  /** Tries until the batch is safe; gives up only when the log is closed meanwhile. */
  async #persist(batch: Batch): Promise<boolean> {
    const bytes = batch.seal(this.size);
    for (;;) {
      try {
        await this.#file.write(bytes, this.size, this.fsync);
        if (this.#state === 'failing') this.#state = 'busy';
        return true;
      } catch (error) {
        this.#fail(error);
        if (this.#closing) return false;
        await this.#retryWait();
      }
    }
  }

  #fail(error: unknown): void {
    if (this.#state !== 'failing') this.hooks.failed(error);
    this.#state = 'failing';
    this.#lastError = error;
    // Those that gather already will not fare better.
    for (const listener of this.#takeListeners()) listener.failed(this.batch);
  }

  #retryWait(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, retryAfter);
      this.#endRetryWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #takeListeners(): CommitListener[] {
    const listeners = this.#listeners;
    this.#listeners = [];
    return listeners;
  }

  async #moveTo(file: Segment | undefined): Promise<void> {
    if (!file) return;
    const old = this.#file;
    this.#file = file;
    this.size = 0;
    await old.close();
  }
}
