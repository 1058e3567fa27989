const longest = 2 ** 31 - 1;

// Clients of remote calls have it in browsers, too.
const soon = (run: () => void): unknown =>
  typeof setImmediate === 'function' ? setImmediate(run) : setTimeout(run, 0);

/**
 * One timer for many due times. It is armed for the earliest only, and what is done in time need not be taken off:
 * `check` then finds nothing due and says when to look next. Times are those of `performance.now()`.
 */
export class DueTimer {
  readonly #check: (now: number) => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = Number.POSITIVE_INFINITY;

  /** @param check - handles what is due and returns the next due time, or `Infinity` */
  constructor(check: (now: number) => number) {
    this.#check = check;
  }

  /** Something is due then. */
  expect(due: number): void {
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    const delay = Math.min(Math.max(0, due - performance.now()), longest);
    // After a loop that was blocked, messages that came in time are heard first.
    this.#timer = setTimeout(() => soon(() => this.#look()), delay);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#due = Number.POSITIVE_INFINITY;
  }

  #look(): void {
    if (this.#due === Number.POSITIVE_INFINITY) return; // cleared meanwhile
    this.#due = Number.POSITIVE_INFINITY;
    this.expect(this.#check(performance.now()));
  }
}
