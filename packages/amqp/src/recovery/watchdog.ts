import type { Logger } from '@micro-framework/core';

/** A consumer that should be there. */
export interface Watched {
  /** In messages: `the consumer of queue orders`. */
  readonly name: string;
  readonly queue: string;
  /** True while the broker has confirmed it. */
  readonly isActive: boolean;
  /** Asks the broker whether it is still so, and mends it where it is not. */
  check(): Promise<void>;
}

const interval = 30_000;

/**
 * Compares the consumers that should be there with those the broker has confirmed, twice a minute. Each sees to it that it
 * comes back; this tells when one does not, and finds those that the broker has lost without a word.
 */
export class Watchdog {
  readonly #log: Logger;
  readonly #watched = new Set<Watched>();
  /** Those whose check has not ended: another would see the same moment once more. */
  readonly #checking = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;
  #absent: readonly Watched[] = [];
  #isTold = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** How many should be there. */
  get expected(): number {
    return this.#watched.size;
  }

  /** How many the broker has confirmed. */
  get active(): number {
    return [...this.#watched].filter(({ isActive }) => isActive).length;
  }

  /** The queues of the others. */
  get missing(): readonly string[] {
    return [...this.#watched].filter(({ isActive }) => !isActive).map(({ queue }) => queue);
  }

  add(consumer: Watched): void {
    this.#watched.add(consumer);
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks once: tells, once, of those that were missing the last time as well, and asks after the others. */
  look(): void {
    const missing = [...this.#watched].filter(({ isActive }) => !isActive);
    const still = missing.filter((consumer) => this.#absent.includes(consumer));
    this.#absent = missing;
    if (still.length > 0 && !this.#isTold) this.#tell(still);
    if (missing.length === 0) this.#isTold = false;
    for (const consumer of this.#watched) if (!this.#checking.has(consumer)) void this.#check(consumer);
  }

  async #check(consumer: Watched): Promise<void> {
    this.#checking.add(consumer);
    try {
      await consumer.check();
    } catch (err) {
      this.#log.warn({ err }, `${consumer.name} could not be checked`);
    } finally {
      this.#checking.delete(consumer);
    }
  }

  #tell(missing: readonly Watched[]): void {
    this.#isTold = true;
    const { expected, active } = this;
    const names = missing.map(({ name }) => name);
    this.#log.error({ expected, active, missing: names }, 'consumers have been missing for a while');
  }
}
