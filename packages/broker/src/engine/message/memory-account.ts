import type { Message } from './message.js';

// What V8 keeps beside the bytes of a message, and for each place it has in a queue. Measured, and rounded up.
const perMessage = 450;
const perPlace = 150;

/** Memory that small messages share, as Node hands it out: all of it lasts as long as one of them. */
export class Slab {
  holders = 0;

  constructor(readonly size: number) {}
}

/**
 * How many bytes the messages in the queues take. A message in several queues counts its bytes once; so does a slab, and
 * wholly: a message that stays keeps the room of those that went through beside it.
 */
export class MemoryAccount {
  bytes = 0;
  #low = -1;
  #relieved: () => void = () => {};
  readonly #slabs = new WeakMap<ArrayBufferLike, Slab>();
  // That of the message before, since messages come one beside the other.
  #latest: ArrayBufferLike | undefined;
  #latestSlab: Slab | undefined;

  hold(message: Message): void {
    this.bytes += perPlace;
    if (message.holders++ > 0) return;
    const slab = this.#slabOf(message.bytes);
    message.slab = slab;
    this.bytes += perMessage;
    if (slab === undefined) this.bytes += message.bytes.length;
    else if (slab.holders++ === 0) this.bytes += slab.size;
  }

  release(message: Message): void {
    this.bytes -= perPlace;
    if (--message.holders === 0) {
      const { slab } = message;
      this.bytes -= perMessage;
      if (slab === undefined) this.bytes -= message.bytes.length;
      else if (--slab.holders === 0) this.bytes -= slab.size;
    }
    if (this.bytes < this.#low) {
      this.#low = -1;
      this.#relieved();
    }
  }

  /** Nothing for bytes that have their memory to themselves. */
  #slabOf({ buffer, length }: Buffer): Slab | undefined {
    if (buffer === this.#latest) return this.#latestSlab;
    if (buffer.byteLength === length) return undefined;
    let slab = this.#slabs.get(buffer);
    if (slab === undefined) {
      slab = new Slab(buffer.byteLength);
      this.#slabs.set(buffer, slab);
    }
    this.#latest = buffer;
    this.#latestSlab = slab;
    return slab;
  }

  /** Calls `relieved` once, in the middle of a change, when fewer than `low` bytes are left. */
  onceBelow(low: number, relieved: () => void): void {
    this.#low = low;
    this.#relieved = relieved;
  }
}
