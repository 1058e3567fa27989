import type { Pending } from './pending.js';

/** First in, first out. */
export class CallQueue {
  #calls: (Pending | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#calls.length - this.#head;
  }

  push(pending: Pending): void {
    this.#calls.push(pending);
  }

  /** Puts calls before all others. */
  unshift(calls: readonly Pending[]): void {
    this.#reset([...calls, ...this.#rest()]);
  }

  shift(): Pending | undefined {
    const pending = this.#calls[this.#head];
    if (!pending) return undefined;
    this.#calls[this.#head++] = undefined;
    if (this.#head === this.#calls.length) this.#reset([]);
    // An array's own shift() moves the whole rest.
    else if (this.#head > 1024 && this.#head * 2 > this.#calls.length) this.#reset(this.#rest());
    return pending;
  }

  /** Takes out all that `choose` picks. */
  take(choose: (pending: Pending) => boolean): Pending[] {
    const [taken, kept]: [Pending[], Pending[]] = [[], []];
    for (const pending of this.#rest()) (choose(pending) ? taken : kept).push(pending);
    this.#reset(kept);
    return taken;
  }

  [Symbol.iterator](): Iterator<Pending> {
    return this.#rest()[Symbol.iterator]();
  }

  #rest(): Pending[] {
    return this.#calls.slice(this.#head) as Pending[];
  }

  #reset(calls: Pending[]): void {
    this.#calls = calls;
    this.#head = 0;
  }
}
