import type { Message } from './message.js';

// What V8 keeps beside the bytes of a message, and for each place it has in a queue. Measured, and rounded up.
const perMessage = 450;
const perPlace = 150;

/** How many bytes the messages in the queues take. A message in several queues counts its bytes once. */
export class MemoryAccount {
  bytes = 0;
  #low = -1;
  #relieved: () => void = () => {};

  hold(message: Message): void {
    this.bytes += message.holders++ === 0 ? perPlace + perMessage + message.bytes.length : perPlace;
  }

  release(message: Message): void {
    this.bytes -= --message.holders === 0 ? perPlace + perMessage + message.bytes.length : perPlace;
    if (this.bytes < this.#low) {
      this.#low = -1;
      this.#relieved();
    }
  }

  /** Calls `relieved` once, in the middle of a change, when fewer than `low` bytes are left. */
  onceBelow(low: number, relieved: () => void): void {
    this.#low = low;
    this.#relieved = relieved;
  }
}
