import type { Clock } from '../clock.js';
import { Channel, type ChannelSink } from './channel/channel.js';
import { Exchanges } from './exchange/exchanges.js';
import { route } from './exchange/router.js';
import { type DeathReason, deadLetter, isAutomaticCycle } from './message/dead-letter.js';
import { MemoryAccount } from './message/memory-account.js';
import type { Message } from './message/message.js';
import type { Entry } from './queue/entry.js';
import type { Queue } from './queue/queue.js';
import type { QueueHost } from './queue/queue-host.js';
import { Queues } from './queue/queues.js';
import { Replies, replyQueue } from './replies.js';
import { noStore, type Store } from './store.js';

/** What became of a message: in a queue, in none, or turned away by one that is full or cannot be kept. */
export type Published = 'routed' | 'unroutable' | 'refused';

export interface EngineOptions {
  readonly clock: Clock;
  readonly vhost: string;
  readonly store?: Store;
  /** Told of an error that is no client's: a fault in the engine. It goes on with what does not depend on it. */
  readonly internalError?: (error: unknown) => void;
}

/**
 * What a broker means, without what it is made of: no socket, no file, no timer of its own. Nothing here waits: what a
 * call changes, it has changed when it returns, but for a call from within another, whose dead letters come after it.
 * Errors of a client are `AmqpError`s.
 */
export class Engine implements QueueHost {
  readonly clock: Clock;
  readonly store: Store;
  readonly memory = new MemoryAccount();
  readonly exchanges: Exchanges;
  readonly queues: Queues;
  readonly replies = new Replies(this.memory);
  readonly #channels = new Set<Channel>();
  readonly #internalError: (error: unknown) => void;
  readonly #dead: { entry: Entry; reason: DeathReason }[] = [];
  #burying = false;

  constructor({ clock, vhost, store = noStore, internalError = () => {} }: EngineOptions) {
    this.clock = clock;
    this.#internalError = internalError;
    this.store = store;
    this.exchanges = new Exchanges((kind, name) => `${kind} '${name}' in vhost '${vhost}'`, store);
    this.queues = new Queues(this, this.exchanges);
  }

  openChannel(sink: ChannelSink): Channel {
    const channel = new Channel(sink);
    this.#channels.add(channel);
    return channel;
  }

  closeChannel(channel: Channel): void {
    this.#channels.delete(channel);
    this.replies.end(channel);
    channel.close();
  }

  /** The exchange has been looked up by the caller: that it is missing is an error of the publish, not of the message. */
  publish(message: Message): Published {
    const { exchange, routingKey, copyKeys } = message;
    if (exchange !== '' || copyKeys.length > 0) return this.#enqueueAll(message, this.#route(message));
    const queue = this.queues.byName.get(routingKey);
    if (queue) return this.#enqueue(message, queue);
    const replied = routingKey.startsWith(replyQueue) && this.replies.deliver(message);
    return replied ? 'routed' : 'unroutable';
  }

  bury(entry: Entry, reason: DeathReason): void {
    if (entry.queue.policy.deadLetterExchange === undefined) return;
    this.#dead.push({ entry, reason });
    if (!this.#burying) this.#buryAll();
  }

  atOnce(change: () => void): void {
    const isOutermost = !this.#burying;
    this.#burying = true;
    try {
      change();
    } finally {
      if (isOutermost) this.#buryAll();
    }
  }

  discard(queue: Queue): void {
    this.queues.remove(queue);
  }

  /** Every entry a store has a record of: waiting in the queues, then with the channels. */
  *keptEntries(): Generator<Entry> {
    for (const queue of this.queues.byName.values())
      for (const entry of queue.waiting) if (entry.recordBytes > 0) yield entry;
    for (const channel of this.#channels)
      for (const entry of channel.unsettled) if (entry.recordBytes > 0 && !entry.queue.deleted) yield entry;
  }

  #route(message: Message): readonly Queue[] {
    const exchange = this.exchanges.byName.get(message.exchange);
    return exchange ? route(message, exchange, this.exchanges.byName) : [];
  }

  #enqueueAll(message: Message, queues: readonly Queue[]): Published {
    if (queues.length === 0) return 'unroutable';
    if (queues.length === 1) return this.#enqueue(message, queues[0] as Queue);
    let refused = false;
    this.atOnce(() => {
      for (const queue of queues) if (this.#enqueue(message, queue) === 'refused') refused = true;
    });
    return refused ? 'refused' : 'routed';
  }

  #enqueue(message: Message, queue: Queue): Published {
    if (this.store.failing && queue.keeps(message)) return 'refused';
    if (!queue.refuses(message)) {
      queue.enqueue(message);
      return 'routed';
    }
    if (queue.policy.overflow === 'reject-publish-dlx') queue.buryRefused(message);
    return 'refused';
  }

  // A burial may cause the next one; they take their turns here instead of on the stack.
  #buryAll(): void {
    this.#burying = true;
    try {
      for (let next = this.#dead.shift(); next; next = this.#dead.shift())
        this.#buryOne(next.entry, next.reason);
    } finally {
      this.#burying = false;
    }
  }

  // Whoever caused the death has no part in what goes wrong here, and the next in line is not to wait for ever.
  #buryOne(entry: Entry, reason: DeathReason): void {
    try {
      this.#bury(entry, reason);
    } catch (error) {
      this.#internalError(error);
    }
  }

  #bury({ queue, message }: Entry, reason: DeathReason): void {
    const { deadLetterExchange = '', deadLetterRoutingKey } = queue.policy;
    if (!this.exchanges.byName.has(deadLetterExchange)) return;
    const dead = deadLetter(message, {
      queue: queue.name,
      reason,
      time: Math.floor(this.clock.now() / 1000),
      exchange: deadLetterExchange,
      routingKey: deadLetterRoutingKey,
    });
    for (const target of this.#route(dead)) {
      if (reason !== 'rejected' && isAutomaticCycle(dead, target.name)) continue;
      if (!target.refuses(dead)) target.enqueue(dead);
    }
  }
}
