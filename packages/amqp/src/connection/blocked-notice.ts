import type { Logger } from '@micro-framework/core';

/** Milliseconds without a block after which it is over; a queue that is full blocks and unblocks many times a second. */
const calmAfter = 5_000;

/** Tells the log once that the broker takes no messages, and once that it takes them again. */
export class BlockedNotice {
  readonly #log: Logger;
  readonly #calmAfter: number;
  /** Why, since the log was told. */
  #told: string | undefined;
  #calm: NodeJS.Timeout | undefined;

  constructor(log: Logger, calm: number = calmAfter) {
    this.#log = log;
    this.#calmAfter = calm;
  }

  /** The broker takes nothing for this reason; with none, it takes messages. */
  note(reason: string | undefined): void {
    clearTimeout(this.#calm);
    if (reason !== undefined) this.#begin(reason);
    else if (this.#told !== undefined) this.#calm = setTimeout(() => this.#end(), this.#calmAfter).unref();
  }

  /** Nothing more is told. */
  stop(): void {
    clearTimeout(this.#calm);
  }

  #begin(reason: string): void {
    if (this.#told !== undefined) return;
    this.#told = reason;
    this.#log.warn({ reason }, 'the broker takes no messages for now: publishers wait');
  }

  #end(): void {
    this.#log.info({ reason: this.#told }, 'the broker takes messages again');
    this.#told = undefined;
  }
}
