/** How long a worker without calls must have lived for its death to be an accident. */
const provenAfter = 30_000;

/** What a worker has served of the calls it may have, and how fast. Times are those of `performance.now()`. */
export class Tenure {
  readonly #most: number;
  #served = 0;
  #began = 0;
  #readyAt: number | undefined;

  /** @param most - calls it may have in its life; `Infinity` for no limit */
  constructor(most: number) {
    this.#most = most;
  }

  begin(): void {
    this.#began = performance.now();
  }

  ready(): void {
    this.#readyAt = performance.now();
  }

  serve(): void {
    this.#served += 1;
  }

  /** It was given calls that it never began. */
  missed(count: number): void {
    this.#served -= count;
  }

  /** Calls it may still have. */
  get left(): number {
    return this.#most - this.#served;
  }

  /** It had as many as a worker may have. */
  get over(): boolean {
    return this.left <= 0;
  }

  /** It will be over by the time another could be ready, if calls come as fast as so far. */
  get nearlyOver(): boolean {
    if (this.#readyAt === undefined || this.left === Number.POSITIVE_INFINITY) return false;
    const perMillisecond = this.#served / (performance.now() - this.#readyAt);
    return this.left <= Math.floor(perMillisecond * (this.#readyAt - this.#began));
  }

  /** It has proven nothing: should it die now, another would probably die the same way. */
  get barren(): boolean {
    const young = this.#readyAt === undefined || performance.now() - this.#readyAt < provenAfter;
    return this.#served === 0 && young;
  }
}
