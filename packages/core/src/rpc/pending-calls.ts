import { DueTimer } from '../execute/pool/due-timer.js';

/** A call that waits for its answer, until `due` on the clock of `performance.now()`. */
export interface PendingCall {
  readonly due: number;
}

/** The calls of a client that wait for their answer. Each is taken once: by its answer, by its deadline, or with all others. */
export class PendingCalls<Key, Call extends PendingCall> {
  readonly #calls = new Map<Key, Call>();
  readonly #timer: DueTimer;

  /** @param expired - the call's time was over; it is no longer among those that wait */
  constructor(expired: (call: Call) => void) {
    this.#timer = new DueTimer((now) => {
      let next = Number.POSITIVE_INFINITY;
      for (const [key, call] of this.#calls) {
        if (call.due > now) {
          next = Math.min(next, call.due);
        } else {
          this.#calls.delete(key);
          expired(call);
        }
      }
      return next;
    });
  }

  /** Calls that wait. */
  get size(): number {
    return this.#calls.size;
  }

  /** The calls that wait, the oldest first. */
  [Symbol.iterator](): Iterator<Call> {
    return this.#calls.values();
  }

  /** A call that waits. */
  get(key: Key): Call | undefined {
    return this.#calls.get(key);
  }

  /** Notes a call. */
  add(key: Key, call: Call): void {
    this.#calls.set(key, call);
    this.#timer.expect(call.due);
  }

  /** Takes a call out; undefined when it is not, or no longer, waiting: its answer came late. */
  take(key: Key): Call | undefined {
    const call = this.#calls.get(key);
    if (call !== undefined) this.#calls.delete(key);
    return call;
  }

  /** Takes out all that wait. */
  takeAll(): Call[] {
    const all = [...this.#calls.values()];
    this.#calls.clear();
    this.#timer.clear();
    return all;
  }
}
