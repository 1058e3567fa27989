const longestTimer = 2 ** 31 - 1;

/** A moment after which waiting ends. Times are milliseconds of the monotonic clock. */
export class Deadline {
  readonly #at: number;

  private constructor(at: number) {
    this.#at = at;
  }

  /** A deadline `ms` milliseconds from now. */
  static in(ms: number): Deadline {
    return new Deadline(performance.now() + Math.min(ms, longestTimer));
  }

  /** Milliseconds left, never below 0. */
  get remaining(): number {
    return Math.max(0, this.#at - performance.now());
  }

  /** True when no time is left. */
  get passed(): boolean {
    return this.remaining === 0;
  }

  /**
   * Waits for `work` until the deadline: `true` when it ended in time. A rejection of `work` is passed on,
   * unless the deadline came first.
   */
  async within(work: PromiseLike<unknown>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, this.remaining, false);
    });
    try {
      return await Promise.race([Promise.resolve(work).then(() => true as const), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
