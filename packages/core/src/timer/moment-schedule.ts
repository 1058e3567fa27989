import type { Moments } from './moments.js';
import type { Schedule } from './schedule.js';

/** Milliseconds after which the clock is looked at again: it may have been set. */
const longestWait = 60_000;

/**
 * Ticks at moments of the wall clock, each tick with the moment it stands for. Of those that a busy loop, a frozen process
 * or a sleeping machine missed, the last one is made up for.
 */
export class MomentSchedule implements Schedule {
  readonly #moments: Moments;
  #timer: NodeJS.Timeout | undefined;

  constructor(moments: Moments) {
    this.#moments = moments;
  }

  start(tick: (moment: Date) => void): void {
    const arm = (): void => {
      const now = new Date();
      const next = this.#moments.next(now);
      if (!next) return;
      const left = next.getTime() - now.getTime();
      this.#timer = setTimeout(look, Math.min(left, longestWait), next);
    };
    const look = (moment: Date): void => {
      const now = new Date();
      arm();
      // Too early for a moment far away, or by a fraction of a millisecond: it is armed again.
      if (now < moment) return;
      const last = this.#moments.last(now);
      tick(last && last > moment ? last : moment);
    };
    arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
