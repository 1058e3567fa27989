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
  /**
   * Whatever waits in the queue is for all who have room: there is no turn to be waited for, and nothing is held back. Default:
   * false.
   */
  readonly isForAll?: boolean;
  /** Declares the queue and all that belongs to it, before each subscribing. */
  declare(): Promise<void>;
  /** Takes a delivery. */
  take(message: ConsumeMessage, window: AckWindow): void;
  /** Told when deliveries in hand have gone back to the broker, as their channel has ended. */
  ended?(): void;
  readonly log: Logger;
}

/** A consumer on a queue that comes back whatever happens to its queue, its channel and its connection, until it is stopped. */
export class Subscription implements Watched {
  readonly #parts: SubscriptionParts;
  readonly #keeper: Keeper;
  readonly #pause = new Pause();
  #link: OpenChannel | undefined;
  #window: AckWindow | undefined;
  #tag: string | undefined;
  /** Times the broker has cancelled the consumer: its queue was deleted, or has moved. */
  #cancelled = 0;
  /** Times it was gone without a word. */
  #vanished = 0;
  #doubts = 0;
  /** Deliveries so far, and those before the last check. */
  #delivered = 0;
  #deliveredBefore = 0;
  /** The consumer is being replaced by another on its channel. */
  #isReplacing = false;
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
        parts.ended?.();
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
   * Asks the broker whether it knows the consumer, too. One that has gone without a word is made again: where the queue has
   * none at all, or where messages wait in it and none has come here, though there is room. Twice in a row, as a single
   * answer may be stale, such as that of a queue which is changing its leader.
   */
  async check(): Promise<void> {
    const link = this.#link;
    const connection = this.#parts.connection.current;
    if (!this.isActive || !link || !connection) return;
    const queue = await stateOf(this.#parts.queue, connection);
    if (link !== this.#link || queue === undefined) return;
    const isGone = queue.consumers === 0;
    this.#doubts = isGone || this.#isPassedOver(queue) ? this.#doubts + 1 : 0;
    this.#deliveredBefore = this.#delivered;
    if (this.#doubts < 2) return;
    this.#doubts = 0;
    this.#vanished += 1;
    this.#parts.log.error(
      { queue: this.queue, vanished: this.#vanished },
      'the broker has lost a consumer without a word: it is made again',
    );
    // Closed already, or closing: then it is opened again as well.
    if (isGone) await link.channel.close().catch(() => {});
    else await this.#replace(link);
  }

  /** Other instances may consume the queue, so that it has consumers does not tell of this one. */
  #isPassedOver({ messages }: QueueState): boolean {
    const { isForAll, prefetch } = this.#parts;
    const hasRoom = this.#window !== undefined && this.#window.size < prefetch;
    return isForAll === true && messages > 0 && hasRoom && this.#delivered === this.#deliveredBefore;
  }

  /** On the same channel, so that it costs nothing where the consumer was there after all. */
  async #replace(link: OpenChannel): Promise<void> {
    const [tag, window] = [this.#tag, this.#window];
    if (tag === undefined || !window) return;
    this.#isReplacing = true;
    try {
      await link.channel.cancel(tag);
      if (!this.#isStopped) await this.#consume(link, window);
    } catch {
      await link.channel.close().catch(() => {});
    } finally {
      this.#isReplacing = false;
    }
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
    try {
      if (link?.isOpen() && tag !== undefined) await link.channel.cancel(tag);
    } catch (error) {
      // Without its channel there is no consumer either.
      if (link?.isOpen()) throw error;
    } finally {
      this.#window?.pauses.end();
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
    this.#window = new AckWindow(link);
    await this.#consume(link, this.#window);
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
      if (message) {
        this.#delivered += 1;
        take(message, window);
      } else if (!this.#isReplacing) void this.#again(link, window);
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

interface QueueState {
  /** From whichever instance. */
  readonly consumers: number;
  /** Those that no consumer has been given. */
  readonly messages: number;
}

/** How the broker sees the queue; nobody consumes one that is not there. */
async function stateOf(queue: string, connection: Connection): Promise<QueueState | undefined> {
  // Of its own: the broker closes the channel that asks for a queue it does not have.
  const { channel } = await connection.openChannel();
  try {
    const { consumerCount, messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return { consumers: consumerCount, messages: messageCount };
  } catch (error) {
    return (error as { code?: unknown }).code === notFound ? { consumers: 0, messages: 0 } : undefined;
  }
}

const notFound = 404;
