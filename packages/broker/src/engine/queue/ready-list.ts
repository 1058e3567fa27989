import type { Entry } from './entry.js';

const slackBeforeTrim = 1024;

/** Entries that wait, by position: cheap at both ends, and a returned entry finds its old place. */
export class ReadyList {
  #entries: (Entry | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  first(): Entry | undefined {
    return this.#entries[this.#head];
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  shift(): Entry | undefined {
    if (this.length === 0) return undefined;
    const entry = this.#entries[this.#head];
    this.#entries[this.#head++] = undefined;
    if (this.#head === this.#entries.length) {
      this.#entries.length = 0;
      this.#head = 0;
    } else if (this.#head > slackBeforeTrim && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Puts an entry where its position belongs; nearly always that is the front. */
  insert(entry: Entry): void {
    const first = this.first();
    if (first === undefined || entry.position < first.position) {
      if (this.#head > 0) this.#entries[--this.#head] = entry;
      else this.#entries.unshift(entry);
      return;
    }
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as Entry).position < entry.position) low = middle + 1;
      else high = middle;
    }
    this.#entries.splice(low, 0, entry);
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (let at = this.#head; at < this.#entries.length; at++) yield this.#entries[at] as Entry;
  }
}
