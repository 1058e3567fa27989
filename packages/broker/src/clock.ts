/** A call that has been put off; `cancel` forgets it. */
export interface Alarm {
  /** Forgets the call; nothing happens when it has been made already. */
  cancel(): void;
}

/**
 * The time a broker lives by: message and queue expiry, and nothing else. Heartbeats and deadlines of sockets run on
 * real time, because the client at the other end does.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `action` once `now()` has reached `time`. */
  at(time: number, action: () => void): Alarm;
}

// Node's timers hold 31 bits; a longer wait is taken in steps.
const longestTimer = 2 ** 31 - 1;

/** The clock of the machine. It does not go back when the system time is set. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  at(time, action) {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = Math.max(0, Math.ceil(time - systemClock.now()));
      timer = setTimeout(() => (left > longestTimer ? wait() : action()), Math.min(left, longestTimer));
      timer.unref();
    };
    wait();
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * A clock for tests: time stands still until `advance` moves it, and what falls due runs at once, in order.
 *
 * @example
 * ```ts
 * const clock = new FakeClock();
 * const broker = await startBroker({ clock });
 * clock.advance(60_000); // a message with a TTL of one minute is now in the dead letters
 * ```
 */
export class FakeClock implements Clock {
  #now: number;
  #due: { time: number; action: () => void }[] = [];

  /** @param start - the first `now()`, in milliseconds since 1970; by default the current time. */
  constructor(start: number = Date.now()) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, action: () => void): Alarm {
    const due = { time, action };
    this.#due.push(due);
    return {
      cancel: () => {
        this.#due = this.#due.filter((other) => other !== due);
      },
    };
  }

  /** Moves time forward by `ms` milliseconds, stopping at everything that falls due on the way. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#due.filter((due) => due.time <= until).sort((a, b) => a.time - b.time)[0];
      if (!next) break;
      this.#due = this.#due.filter((due) => due !== next);
      this.#now = Math.max(this.#now, next.time);
      next.action();
    }
    this.#now = until;
  }
}
