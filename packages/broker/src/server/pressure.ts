import type { MemoryAccount } from '../engine/message/memory-account.js';

// Publishers go on only when there is room again, or they would stop and start with every message.
const relievedAt = 0.8;

/** Who has to wait while the queues hold too much. */
export interface Publisher {
  unblock(): void;
}

/** The bound on memory: publishers wait from `maxBytes` on, until consumers have made room. */
export class Pressure {
  #high = false;
  readonly #blocked = new Set<Publisher>();

  constructor(
    readonly memory: MemoryAccount,
    readonly maxBytes: number,
  ) {}

  /** Whether a publisher has to stop now. Asked after every message, so it is cheap. */
  get high(): boolean {
    if (!this.#high && this.memory.bytes > this.maxBytes) {
      this.#high = true;
      // The engine is in the middle of a change when it tells us.
      this.memory.onceBelow(this.maxBytes * relievedAt, () => setImmediate(() => this.#relieve()));
    }
    return this.#high;
  }

  block(publisher: Publisher): void {
    this.#blocked.add(publisher);
  }

  forget(publisher: Publisher): void {
    this.#blocked.delete(publisher);
  }

  #relieve(): void {
    this.#high = false;
    const blocked = [...this.#blocked];
    this.#blocked.clear();
    for (const publisher of blocked) publisher.unblock();
  }
}
