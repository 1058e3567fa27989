import type { Channel, GetMessage, OpenChannel } from '../connection/connection.js';
import { ConnectionLostError, TopologyMissingError } from '../errors.js';

/** A message that was taken out to be looked at, and has not gone back yet. */
export interface HeldLetter {
  readonly message: GetMessage;
  /** Done with: it leaves the queue. */
  settle(): void;
}

/**
 * Looks through a queue from the front, one message at a time, and holds on to all of them: only so does the broker show
 * the next. Those that were not settled go back to their places with `giveBack`, or when this process or its connection
 * dies. Here nothing is kept of them; the broker keeps them all.
 */
export class HeldLetters {
  readonly #link: OpenChannel;
  readonly #queue: string;
  /** Those that came later are not looked at, or a replay of what fails again would never end. */
  #left: number;

  private constructor(link: OpenChannel, queue: string, count: number) {
    this.#link = link;
    this.#queue = queue;
    this.#left = count;
  }

  /** Takes over the channel. Throws a `TopologyMissingError` when there is no such queue. */
  static async of(queue: string, link: OpenChannel): Promise<HeldLetters> {
    return new HeldLetters(link, queue, await countOf(queue, link.channel));
  }

  /**
   * The next letter; `undefined` after the last of those that were there at the beginning. Throws a
   * `ConnectionLostError` when the channel has ended, and all went back.
   */
  async next(): Promise<HeldLetter | undefined> {
    if (this.#left === 0) return undefined;
    this.#left -= 1;
    const { channel } = this.#link;
    const message = await channel.get(this.#queue).catch((cause: Error) => this.#lost(cause));
    if (!message) return undefined;
    return { message, settle: () => channel.ack(message) };
  }

  /**
   * Puts back what was not settled, and closes the channel. When this resolves all of it can be seen again, unless the
   * channel or the queue has gone meanwhile: then there is nothing to be put back by us.
   */
  async giveBack(): Promise<void> {
    const { channel, isOpen } = this.#link;
    if (!isOpen()) return;
    try {
      channel.nackAll(true);
      // An answer that comes after the nack was carried out.
      await channel.checkQueue(this.#queue);
      await channel.close();
    } catch (error) {
      // With its channel everything goes back.
      if (isOpen()) throw error;
    }
  }

  #lost(cause: Error): never {
    throw new ConnectionLostError(
      `the connection ended while queue ${this.#queue} was looked through (${cause.message}): ` +
        'what was not done yet is back in its place, so it can be asked for again',
      { cause },
    );
  }
}

/** How many messages lie in a queue now, besides those that somebody holds. */
export async function countOf(queue: string, channel: Channel): Promise<number> {
  try {
    return (await channel.checkQueue(queue)).messageCount;
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 404) throw cause;
    throw new TopologyMissingError(
      `the broker has no queue ${queue}, so no dead letters of it: give the name of the queue a listener has, ` +
        'or that of the queue of dead letters itself',
      { cause },
    );
  }
}
