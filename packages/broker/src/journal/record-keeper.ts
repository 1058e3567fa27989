import type { Binding } from '../engine/exchange/binding.js';
import type { Exchange } from '../engine/exchange/exchange.js';
import type { Message } from '../engine/message/message.js';
import type { Entry } from '../engine/queue/entry.js';
import type { Queue } from '../engine/queue/queue.js';
import type { Store } from '../engine/store.js';
import type { CommitLog } from './commit-log.js';
import type { Compaction } from './compaction.js';
import { writeRecord } from './records/write-record.js';

// What a record costs besides the message in it.
const entryOverhead = 32;

/** Writes a record of each change in the engine, and keeps count of what a recovery would still need. */
export class RecordKeeper implements Store {
  readonly #compaction: Compaction;
  /** None while the engine is being filled with what is written already. */
  #log: CommitLog | undefined;
  #lastMessage: Message | undefined;
  #lastQueueId = 0;

  constructor(compaction: Compaction) {
    this.#compaction = compaction;
  }

  /** From now on what happens is written. */
  follow(log: CommitLog, lastQueueId: number): void {
    this.#log = log;
    this.#lastQueueId = lastQueueId;
  }

  /** The next record is in another batch: a copy refers to the record before it, which has to be in the same one. */
  endBatch(): void {
    this.#lastMessage = undefined;
  }

  get failing(): boolean {
    return this.#log?.failing ?? false;
  }

  exchangeDeclared(exchange: Exchange): void {
    this.#log?.append(writeRecord.exchange, exchange);
  }

  exchangeDeleted(exchange: Exchange): void {
    this.#log?.append(writeRecord.exchangeGone, exchange);
  }

  queueDeclared(queue: Queue): void {
    if (!this.#log) return;
    queue.storeId = ++this.#lastQueueId;
    this.#log.append(writeRecord.queue, queue);
  }

  queueDeleted(queue: Queue): void {
    this.#log?.append(writeRecord.queueGone, queue);
  }

  bound(binding: Binding): void {
    this.#log?.append(writeRecord.bound, binding);
  }

  unbound(binding: Binding): void {
    this.#log?.append(writeRecord.unbound, binding);
  }

  enqueued(entry: Entry): void {
    if (!this.#log) return;
    const { message } = entry;
    const isCopy = message === this.#lastMessage;
    this.#log.append(isCopy ? writeRecord.copy : writeRecord.entry, entry);
    this.#lastMessage = message;
    entry.recordBytes = entryOverhead + (isCopy ? 0 : message.bytes.length);
    this.#compaction.liveBytes += entry.recordBytes;
  }

  returned(entry: Entry): void {
    this.#log?.append(writeRecord.returned, entry);
  }

  removed(entry: Entry): void {
    // What went with its queue needs no record of its own.
    if (!entry.queue.deleted) this.#log?.append(writeRecord.removed, entry);
    this.#compaction.liveBytes -= entry.recordBytes;
    entry.recordBytes = 0;
  }
}
