import { setTimeout as wait } from 'node:timers/promises';

/** Lets work go on at no more than so many turns a second, evenly spaced. */
export class Pace {
  readonly #interval: number;
  #next = 0;

  /** @param rate - turns a second; without one there is no limit */
  constructor(rate: number | undefined) {
    this.#interval = rate === undefined ? 0 : 1_000 / rate;
  }

  /** Resolves when it is the caller's turn. */
  async turn(): Promise<void> {
    if (this.#interval === 0) return;
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#interval;
    if (at > now) await wait(at - now);
  }
}
