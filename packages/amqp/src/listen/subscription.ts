import type { HealthReport, Logger } from '@micro-framework/core';
import type { Connection, ConsumeMessage, OpenChannel } from '../connection/connection.js';
import { TopologyForbiddenError } from '../errors.js';
import { Keeper, type Kept } from '../recovery/keeper.js';
import { Pause } from '../recovery/pause.js';
import { reconnectPause } from '../recovery/reconnect-pause.js';
import type { RecoveringConnection } from '../recovery/recovering-connection.js';
import type { Patience } from '../recovery/start-patience.js';
import type { Watched } from '../recovery/watchdog.js';
import { AckWindow } from './ack-window.js';

/** What a subscription is made with. */
export interface SubscriptionParts {
  readonly connection: RecoveringConnection;
  /** How long the start waits for a connection. */
  readonly starting?: Patience;
  readonly queue: string;
  readonly prefetch: number;
  /** Higher ones are served first; 0 is that of consumers without one. */
  readonly priority: number;
  /** Declares the queue and all that belongs to it, before each subscribing. */
  declare(): Promise<void>;
  /** Takes a delivery. */
  take(message: ConsumeMessage, window: AckWindow): void;
  /** Told when deliveries in hand have gone back to the broker, as their channel has ended. */
  ended(): void;
  readonly log: Logger;
}

/** A consumer on a queue that comes back whatever happens to its queue, its channel and its connection, until it is stopped. */
export class Subscription implements Watched {
  readonly #parts: SubscriptionParts;
  readonly #keeper: Keeper;
  readonly #pause = new Pause();
  #link: OpenChannel | undefined;
  #tag: string | undefined;
  /** Times the broker has cancelled the consumer: its queue was deleted, or has moved. */
  #cancelled = 0;
  /** Times it was gone without a word. */
  #vanished = 0;
  #doubts = 0;
  #isStopped = false;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#keeper = new Keeper({
      what: this.name,
      connection: parts.connection,
      starting: parts.starting,
      open: (connection) => this.#open(connection),
      ended: () => {
        this.#tag = undefined;
        parts.ended();
      },
      log: parts.log,
    });
  }

  get name(): string {
    return `the consumer of queue ${this.queue}`;
  }

  get queue(): string {
    return this.#parts.queue;
  }

  /** True while the broker has confirmed the consumer, and has not taken that back. */
  get isActive(): boolean {
    return this.#tag !== undefined && this.#link?.isOpen() === true;
  }

  health(): HealthReport {
    const { state, opened, lastError } = this.#keeper;
    const details = {
      queue: this.queue,
      state,
      subscribed: opened,
      cancelled: this.#cancelled,
      vanished: this.#vanished,
      ...(lastError && { lastError: lastError.message }),
    };
    // On a connection that stands it is made again; without one there is nothing to make it on.
    const missing = this.#parts.connection.current ? 'degraded' : 'down';
    return { status: this.isActive ? 'up' : missing, details };
  }

  /**
   * Asks the broker whether it knows the consumer, too. One that has gone without a word, twice in a row, is made again:
   * a single answer may be stale, as that of a queue which is changing its leader.
   */
  async check(): Promise<void> {
    const link = this.#link;
    const connection = this.#parts.connection.current;
    if (!this.isActive || !link || !connection) return;
    const consumers = await consumersOf(this.#parts.queue, connection);
    if (link !== this.#link || consumers === undefined) return;
    this.#doubts = consumers === 0 ? this.#doubts + 1 : 0;
    if (this.#doubts < 2) return;
    this.#doubts = 0;
    this.#vanished += 1;
    const { log, queue } = this.#parts;
    log.error(
      { queue, vanished: this.#vanished },
      'the broker has lost a consumer without a word: it is made again',
    );
    // Closed already, or closing: then it is opened again as well.
    await link.channel.close().catch(() => {});
  }

  /** Subscribes for the first time. Deliveries may come before this has returned. Rejects when the broker refuses. */
  start(): Promise<void> {
    return this.#keeper.start();
  }

  /** Takes no more deliveries; those in hand can still be settled. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#keeper.stop();
    this.#pause.end();
    const link = this.#link;
    const tag = this.#tag;
    this.#tag = undefined;
    if (!link?.isOpen() || tag === undefined) return;
    try {
      await link.channel.cancel(tag);
    } catch (error) {
      // Without its channel there is no consumer either.
      if (link.isOpen()) throw error;
    }
  }

  /**
   * Closes the channel, once nothing in hand is to be settled any more. The broker has dealt with all that was sent on it when
   * this resolves, which it need not have when a whole connection is closed.
   */
  async close(): Promise<void> {
    // It may close by itself meanwhile, which is as good.
    if (this.#link?.isOpen()) await this.#link.channel.close().catch(() => {});
  }

  async #open(connection: Connection): Promise<Kept> {
    await this.#declare();
    const link = await connection.openChannel();
    await link.channel.prefetch(this.#parts.prefetch);
    this.#link = link;
    this.#doubts = 0;
    await this.#consume(link, new AckWindow(link));
    return link;
  }

  /** Who may not declare any more can still consume, if all is there. */
  async #declare(): Promise<void> {
    try {
      await this.#parts.declare();
    } catch (err) {
      if (!(err instanceof TopologyForbiddenError)) throw err;
      const { queue, log } = this.#parts;
      log.warn({ err, queue }, 'a queue cannot be declared again; its consumer is made as if it were there');
    }
  }

  async #consume(link: OpenChannel, window: AckWindow): Promise<void> {
    const { queue, priority, take } = this.#parts;
    const deliver = (message: ConsumeMessage | null): void => {
      if (message) take(message, window);
      else void this.#again(link, window);
    };
    const options = priority === 0 ? {} : { priority };
    const { consumerTag } = await link.channel.consume(queue, deliver, options);
    if (!this.#isStopped) this.#tag = consumerTag;
    // The stop came while the broker was asked.
    else if (link.isOpen()) await link.channel.cancel(consumerTag);
  }

  /** On the same channel: what is in hand can still be settled there. */
  async #again(link: OpenChannel, window: AckWindow): Promise<void> {
    const { queue, log } = this.#parts;
    this.#tag = undefined;
    this.#cancelled += 1;
    log.warn({ queue, cancelled: this.#cancelled }, 'the broker cancelled a consumer: it is made again');
    try {
      await this.#pause.wait(reconnectPause(1));
      if (this.#isStopped || !link.isOpen()) return;
      await this.#declare();
      await this.#consume(link, window);
      log.info({ queue }, `the consumer of queue ${queue} is back`);
    } catch (err) {
      log.warn({ err, queue }, 'a cancelled consumer could not be made again: its channel is given up');
      // Then all is opened anew. It may have closed by itself.
      if (link.isOpen()) await link.channel.close().catch(() => {});
    }
  }
}

/** How many consumers the broker counts, from whichever instance; none where there is no queue. */
async function consumersOf(queue: string, connection: Connection): Promise<number | undefined> {
  // Of its own: the broker closes the channel that asks for a queue it does not have.
  const { channel } = await connection.openChannel();
  try {
    const { consumerCount } = await channel.checkQueue(queue);
    await channel.close();
    return consumerCount;
  } catch (error) {
    return (error as { code?: unknown }).code === notFound ? 0 : undefined;
  }
}

const notFound = 404;
