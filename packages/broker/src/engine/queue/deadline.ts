import type { Alarm, Clock } from '../../clock.js';

/** One alarm that can be moved: it goes off when the clock reaches the time it was given last. */
export class Deadline {
  #alarm: Alarm | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(
    readonly clock: Clock,
    readonly passed: () => void,
  ) {}

  /** @param at - milliseconds since 1970; `Infinity` for never. */
  set(at: number): void {
    if (at === this.#at) return;
    this.#alarm?.cancel();
    this.#at = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#alarm = this.clock.at(at, () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.passed();
    });
  }
}
