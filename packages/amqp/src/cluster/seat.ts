import { Deadline, type Logger } from '@micro-framework/core';
import type { Connection, ConsumeMessage, OpenChannel } from '../connection/connection.js';
import { ConnectionLostError } from '../errors.js';
import { Keeper, type Kept } from '../recovery/keeper.js';
import type { RecoveringConnection } from '../recovery/recovering-connection.js';
import type { Patience } from '../recovery/start-patience.js';
import type { Watched } from '../recovery/watchdog.js';
import { declare, type Topology } from '../topology/topology.js';

/** What a seat is made with. */
export interface SeatParts {
  readonly connection: RecoveringConnection;
  /** How long the start waits for a connection. */
  readonly starting?: Patience;
  readonly queue: string;
  /** Milliseconds to wait for the broker when the place is taken. */
  readonly patience: number;
  /** What is declared each time before the place is taken. */
  topology(): Topology;
  /** Told when the place is taken. */
  seated(): void;
  /** Takes a delivery; only the first in line gets any. */
  take(message: ConsumeMessage, ack: () => void): void;
  /** Told when the place is lost: what was delivered has gone back. */
  unseated(): void;
  readonly log: Logger;
}

// One claim is kept, and all others are acknowledged as they come.
const prefetch = 10;

/** One instance's place in the line of consumers of an election's queue. Taken again whenever it was lost. */
export class Seat implements Watched {
  readonly name: string;
  readonly queue: string;
  readonly #parts: SeatParts;
  readonly #keeper: Keeper;
  #link: OpenChannel | undefined;
  #isStopped = false;

  constructor(parts: SeatParts) {
    this.#parts = parts;
    this.queue = parts.queue;
    this.name = `the place in the election of queue ${parts.queue}`;
    this.#keeper = new Keeper({
      what: this.name,
      connection: parts.connection,
      starting: parts.starting,
      open: (connection) => this.#sit(connection),
      ended: () => parts.unseated(),
      log: parts.log,
    });
  }

  get isActive(): boolean {
    return this.#keeper.state === 'open' && this.#link?.isOpen() === true;
  }

  /** Asks for the queue; the broker closes the channel where it has gone, and the place is taken again. */
  async check(): Promise<void> {
    if (this.#link?.isOpen()) await this.#link.channel.checkQueue(this.#parts.queue);
  }

  /** Takes a place for the first time. Rejects when the broker refuses. */
  start(): Promise<void> {
    return this.#keeper.start();
  }

  /**
   * Goes to the end of the line. The channel is closed, instead of the consumer cancelled: only so the broker takes back what
   * was delivered in the same step that makes another one the first.
   */
  async leave(): Promise<void> {
    const link = this.#link;
    // It may close by itself meanwhile, which is as good.
    if (link?.isOpen()) await link.channel.close().catch(() => {});
  }

  /** Leaves the line for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#keeper.stop();
    this.#parts.unseated();
    await this.leave();
  }

  async #sit(connection: Connection): Promise<Kept> {
    const { patience, queue, unseated, seated } = this.#parts;
    const link = await connection.openChannel();
    this.#link = link;
    try {
      // A quorum queue that has lost its majority does not answer.
      const isSeated = await Deadline.in(patience).within(this.#consume(link));
      if (!isSeated) throw new ConnectionLostError(`queue ${queue} has not answered for ${patience} ms`);
    } catch (error) {
      unseated();
      void this.leave();
      throw error;
    }
    // The stop came while the broker was asked.
    if (this.#isStopped) await this.leave();
    else seated();
    return link;
  }

  async #consume({ channel, isOpen }: OpenChannel): Promise<void> {
    const { queue, topology, take } = this.#parts;
    await declare(channel, topology());
    await channel.prefetch(prefetch);
    await channel.consume(queue, (message) => {
      if (!message) {
        // The broker cancelled the consumer: the queue was deleted, or has moved.
        void this.leave();
        return;
      }
      take(message, () => {
        if (isOpen()) channel.ack(message);
      });
    });
  }
}
