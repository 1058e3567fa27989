/** How a channel learns what it may confirm. */
export interface ConfirmSink {
  ack(tag: number, multiple: boolean): void;
  nack(tag: number, multiple: boolean): void;
}

/**
 * The publisher confirms of one channel. What needs no disk is confirmed with the next write to the client, many at
 * once; what is in a journal batch waits for that batch, and everything after it waits along.
 */
export class Confirms {
  #last = 0;
  #ackable = 0;
  #settled = 0;
  // At most one item a batch: the last tag that it holds up.
  readonly #waiting: { tag: number; batch: number }[] = [];

  /** The next message is accepted. `batch` is the journal batch it waits for, or 0. */
  accept(batch: number): void {
    const tag = ++this.#last;
    const last = this.#waiting.at(-1);
    if (last && (batch === 0 || batch === last.batch)) last.tag = tag;
    else if (batch === 0) this.#ackable = tag;
    else this.#waiting.push({ tag, batch });
  }

  refuse(sink: ConfirmSink): void {
    const tag = ++this.#last;
    if (this.#waiting.length === 0) {
      this.flush(sink);
      this.#ackable = this.#settled = tag;
    }
    sink.nack(tag, false);
  }

  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  get ready(): boolean {
    return this.#ackable > this.#settled;
  }

  /** A batch is on disk: what waited for it, or for one before it, can go. */
  written(batch: number): void {
    for (let first = this.#waiting[0]; first && first.batch <= batch; first = this.#waiting[0]) {
      this.#ackable = first.tag;
      this.#waiting.shift();
    }
  }

  /** A batch could not be written: its messages are not promised. */
  failed(batch: number, sink: ConfirmSink): void {
    this.flush(sink);
    const before = this.#ackable;
    this.written(batch);
    if (this.#ackable > before) sink.nack(this.#ackable, true);
    this.#settled = this.#ackable;
  }

  flush(sink: ConfirmSink): void {
    const count = this.#ackable - this.#settled;
    if (count <= 0) return;
    this.#settled = this.#ackable;
    sink.ack(this.#ackable, count > 1);
  }
}
