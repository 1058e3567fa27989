import { fieldOf } from '../../codec/field-table.js';
import type { Message } from '../message/message.js';
import type { Entry } from '../queue/entry.js';
import type { Queue } from '../queue/queue.js';
import { Consumer, type ConsumerSettings } from './consumer.js';
import type { ReplyLine } from './reply-line.js';
import { Unsettled } from './unsettled.js';

/** Where a channel's deliveries go. Called in the middle of a change: it returns at once and calls nothing here. */
export interface ChannelSink {
  deliver(consumer: Consumer, deliveryTag: number, message: Message, redelivered: boolean): void;
  /** The consumer ended without being asked to: its queue is gone. */
  cancelled(consumerTag: string): void;
}

export interface Fetched {
  readonly tag: number;
  readonly message: Message;
  readonly redelivered: boolean;
}

/** What a channel has been delivered and has not settled, and who on it consumes. */
export class Channel {
  /** Nothing is delivered while this is set. */
  paused = false;
  /** Where direct replies come in, once this channel consumes them. */
  replyLine: ReplyLine | undefined;
  #closed = false;
  #lastTag = 0;
  #prefetch = 0;
  #sharedPrefetch = 0;
  readonly #unsettled = new Unsettled();
  readonly #consumers = new Map<string, { readonly consumer: Consumer; readonly queue: Queue }>();

  constructor(readonly sink: ChannelSink) {}

  get unsettled(): Iterable<Entry> {
    return this.#unsettled.all;
  }

  get hasCredit(): boolean {
    return this.#sharedPrefetch === 0 || this.#unsettled.size < this.#sharedPrefetch;
  }

  /** `shared`: one limit for the channel, at once. Otherwise one for each consumer that comes after. */
  limit(count: number, shared: boolean): void {
    if (!shared) this.#prefetch = count;
    else {
      this.#sharedPrefetch = count;
      this.#readmitAll();
    }
  }

  has(consumerTag: string): boolean {
    return this.#consumers.has(consumerTag);
  }

  /** Joins a queue's consumers. Deliveries begin with the queue's next `dispatch`, after the client was answered. */
  consume(queue: Queue, settings: Omit<ConsumerSettings, 'prefetch'>): Consumer {
    const consumer = new Consumer(this, { ...settings, prefetch: this.#prefetch });
    queue.join(consumer);
    this.#consumers.set(settings.tag, { consumer, queue });
    return consumer;
  }

  /** Ends a subscription. What was delivered stays with the channel until it is settled. */
  cancel(consumerTag: string): void {
    const found = this.#consumers.get(consumerTag);
    this.#consumers.delete(consumerTag);
    found?.queue.leave(found.consumer);
  }

  /** The queue took the consumer away. */
  drop(consumer: Consumer): void {
    if (this.#consumers.delete(consumer.settings.tag)) this.sink.cancelled(consumer.settings.tag);
  }

  consumersOf(queue: Queue): Consumer[] {
    return [...this.#consumers.values()].filter((one) => one.queue === queue).map((one) => one.consumer);
  }

  deliver(consumer: Consumer, entry: Entry): void {
    const tag = ++this.#lastTag;
    this.sink.deliver(consumer, tag, deliverable(entry), entry.redelivered);
    if (consumer.settings.noAck) entry.queue.settle(entry);
    else {
      entry.consumer = consumer;
      consumer.outstanding++;
      this.#unsettled.add(tag, entry);
    }
  }

  /** Direct reply-to: straight to the consumer, through no queue. */
  deliverReply(consumer: Consumer, message: Message): void {
    this.sink.deliver(consumer, ++this.#lastTag, message, false);
  }

  /** `basic.get`: one entry, or nothing when the queue is empty. */
  fetch(queue: Queue, noAck: boolean): Fetched | undefined {
    const entry = queue.fetch();
    if (!entry) return undefined;
    const tag = ++this.#lastTag;
    if (noAck) queue.settle(entry);
    else this.#unsettled.add(tag, entry);
    return { tag, message: deliverable(entry), redelivered: entry.redelivered };
  }

  ack(tag: number, multiple: boolean): void {
    const entry = multiple ? undefined : this.#unsettled.takeOne(tag);
    if (entry === undefined) {
      const entries = this.#unsettled.take(tag, multiple);
      for (const one of entries) one.queue.settle(one);
      this.#freed(entries);
      return;
    }
    entry.queue.settle(entry);
    this.#free(entry);
    if (this.#sharedPrefetch > 0) this.#readmitAll();
  }

  reject(tag: number, multiple: boolean): void {
    const entries = this.#unsettled.take(tag, multiple);
    entries[0]?.queue.host.atOnce(() => {
      for (const entry of entries) entry.queue.reject(entry);
      // The dead letters come after: one that goes back to a full queue finds the room that its consumer has made.
      this.#freed(entries);
    });
  }

  requeue(tag: number, multiple: boolean): void {
    const entries = this.#unsettled.take(tag, multiple);
    const consumers = entries.map((entry) => entry.consumer);
    const queues = giveBack(entries);
    for (const consumer of consumers) if (consumer) consumer.outstanding--;
    for (const [at, consumer] of consumers.entries()) if (consumer) entries[at]?.queue.readmit(consumer);
    for (const queue of queues) queue.dispatch();
    if (this.#sharedPrefetch > 0) this.#readmitAll();
  }

  pause(paused: boolean): void {
    if (this.paused === paused || this.#closed) return;
    this.paused = paused;
    if (paused) return;
    this.replyLine?.resume();
    this.#readmitAll();
  }

  /** Ends the channel: its consumers leave, what they had goes back to where it was. */
  close(): void {
    this.#closed = true;
    this.paused = true;
    const queues = giveBack(this.#unsettled.takeAll());
    for (const { consumer, queue } of this.#consumers.values()) queue.leave(consumer);
    this.#consumers.clear();
    for (const queue of queues) queue.dispatch();
  }

  #free(entry: Entry): void {
    const { consumer, queue } = entry;
    if (!consumer) return;
    consumer.outstanding--;
    entry.consumer = undefined;
    if (consumer.waiting) queue.readmit(consumer);
  }

  #freed(entries: readonly Entry[]): void {
    for (const entry of entries) if (entry.consumer) entry.consumer.outstanding--;
    for (const entry of entries) {
      const { consumer } = entry;
      entry.consumer = undefined;
      if (consumer?.waiting) entry.queue.readmit(consumer);
    }
    if (this.#sharedPrefetch > 0) this.#readmitAll();
  }

  #readmitAll(): void {
    for (const { consumer, queue } of this.#consumers.values()) queue.readmit(consumer);
  }
}

const deliveryCount = 'x-delivery-count';

// A quorum queue tells its consumers how often a message came back.
function deliverable({ queue, message: { visible }, returns }: Entry): Message {
  return queue.policy.quorum ? visible.withHeader(deliveryCount, fieldOf.long(returns)) : visible;
}

function giveBack(entries: readonly Entry[]): Iterable<Queue> {
  const byQueue = new Map<Queue, Entry[]>();
  for (const entry of entries) {
    const list = byQueue.get(entry.queue);
    if (list) list.push(entry);
    else byQueue.set(entry.queue, [entry]);
  }
  entries[0]?.queue.host.atOnce(() => {
    for (const [queue, list] of byQueue) queue.giveBack(list);
  });
  return byQueue.keys();
}
