import type { MemoryAccount } from '../message/memory-account.js';
import type { Message } from '../message/message.js';
import type { Consumer } from './consumer.js';

/**
 * Direct replies on their way to one consumer. They go through no queue; those that its client is not ready to read wait
 * here, and count as what waits in a queue does: who sends too many is held up.
 */
export class ReplyLine {
  #waiting: Message[] = [];

  constructor(
    readonly consumer: Consumer,
    readonly memory: MemoryAccount,
  ) {}

  deliver(message: Message): void {
    if (!this.consumer.channel.paused) {
      this.consumer.channel.deliverReply(this.consumer, message);
      return;
    }
    this.memory.hold(message);
    this.#waiting.push(message);
  }

  /** The client reads again: what waited goes out, as far as that lasts. */
  resume(): void {
    const { channel } = this.consumer;
    let sent = 0;
    for (const message of this.#waiting) {
      if (channel.paused) break;
      channel.deliverReply(this.consumer, message);
      this.memory.release(message);
      sent++;
    }
    this.#waiting = this.#waiting.slice(sent);
  }

  /** Nobody waits for them any more. */
  end(): void {
    for (const message of this.#waiting) this.memory.release(message);
    this.#waiting = [];
  }
}
