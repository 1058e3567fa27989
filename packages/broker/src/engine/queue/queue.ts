import { AmqpError } from '../../amqp-error.js';
import type { FieldTable } from '../../codec/field-table.js';
import type { Consumer } from '../channel/consumer.js';
import type { Binding } from '../exchange/binding.js';
import type { Message } from '../message/message.js';
import { Backlog } from './backlog.js';
import { Deadline } from './deadline.js';
import { Entry } from './entry.js';
import type { QueuePolicy } from './queue-arguments.js';
import type { QueueHost } from './queue-host.js';
import { Turns } from './turns.js';
import type { Waiting } from './waiting.js';

export interface QueueSettings {
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly args: FieldTable;
}

/** Messages, and the consumers they go to. */
export class Queue {
  readonly kind = 'queue';
  /** The bindings that lead here; the exchanges keep them. */
  readonly incoming = new Set<Binding>();
  readonly turns: Turns;
  readonly waiting: Waiting;
  /** Deliveries that are not settled yet. */
  unsettled = 0;
  deleted = false;
  /** The store's own number for it. */
  storeId = 0;
  #lastPosition = 0;
  #dispatching = false;
  readonly #backlog: Backlog;
  readonly #ownExpiry: Deadline;

  constructor(
    readonly name: string,
    /** How error texts name it. */
    readonly label: string,
    readonly settings: QueueSettings,
    readonly policy: QueuePolicy,
    /** The connection an exclusive queue belongs to. */
    readonly owner: object | undefined,
    readonly host: QueueHost,
  ) {
    this.turns = new Turns(policy.singleActiveConsumer);
    this.#backlog = new Backlog(policy, host);
    this.waiting = this.#backlog.waiting;
    this.#ownExpiry = new Deadline(host.clock, () => host.discard(this));
    this.touch();
  }

  /** Whether what is in it has to be there after a restart: exclusive queues end with their connection. */
  get kept(): boolean {
    return this.settings.durable && !this.settings.exclusive;
  }

  /** Whether a message of it has to be there after a restart. A quorum queue keeps all, as RabbitMQ's do. */
  keeps(message: Message): boolean {
    return this.kept && (message.persistent || this.policy.quorum);
  }

  refuses(message: Message): boolean {
    return this.#backlog.refuses(message);
  }

  enqueue(message: Message): void {
    const entry = new Entry(this, message, ++this.#lastPosition, this.#backlog.deadlineOf(message));
    this.host.memory.hold(message);
    // Straight to a consumer where one is ready: then a TTL of 0 still means "now or never".
    const consumer = this.waiting.length === 0 && !this.#dispatching ? this.turns.next() : undefined;
    if (!consumer?.settings.noAck && this.keeps(message)) this.host.store.enqueued(entry);
    if (consumer) this.#hand(consumer, entry);
    else this.#backlog.add(entry);
  }

  /** Dead-letters a message that was turned away at the door. */
  buryRefused(message: Message): void {
    this.host.bury(new Entry(this, message, 0, Number.POSITIVE_INFINITY), 'maxlen');
  }

  /** Puts back what a journal remembers; nobody consumes yet. */
  recover(entry: Entry): void {
    this.host.memory.hold(entry.message);
    this.#lastPosition = Math.max(this.#lastPosition, entry.position);
    this.waiting.add(entry);
  }

  /** Takes the next entry for `basic.get`. */
  fetch(): Entry | undefined {
    this.touch();
    const entry = this.#backlog.take();
    if (entry) {
      this.unsettled++;
      this.#backlog.rearm();
    }
    return entry;
  }

  /** The entry is done with. */
  settle(entry: Entry): void {
    this.unsettled--;
    this.#backlog.remove(entry);
  }

  reject(entry: Entry): void {
    this.unsettled--;
    if (!this.deleted) this.host.bury(entry, 'rejected');
    this.#backlog.remove(entry);
  }

  /** Takes entries back without looking for consumers yet: a channel returns several queues' at once. */
  giveBack(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.unsettled--;
      entry.redelivered = true;
      entry.consumer = undefined;
      entry.returns++;
      if (this.deleted) this.#backlog.remove(entry);
      else if (entry.returns > this.policy.deliveryLimit) this.#backlog.kill(entry, 'delivery_limit');
      else {
        if (entry.recordBytes > 0) this.host.store.returned(entry);
        this.waiting.restore(entry);
      }
    }
    if (this.deleted) return;
    this.#backlog.trim();
    this.#backlog.expire();
  }

  join(consumer: Consumer): void {
    if (!this.turns.admits(consumer.settings.exclusive))
      throw new AmqpError('ACCESS_REFUSED', `${this.label} in exclusive use`);
    this.turns.add(consumer);
    this.touch();
  }

  leave(consumer: Consumer): void {
    if (!this.turns.remove(consumer)) return;
    this.touch();
    if (this.turns.size === 0 && this.settings.autoDelete) this.host.discard(this);
    else this.dispatch();
  }

  /** The consumer has credit again. */
  readmit(consumer: Consumer): void {
    if (consumer.waiting && consumer.hasCredit) this.turns.rejoin(consumer);
    this.dispatch();
  }

  dispatch(): void {
    if (this.#dispatching || this.deleted || this.turns.size === 0) return;
    this.#dispatching = true;
    try {
      while (this.waiting.length > 0) {
        const consumer = this.turns.next();
        if (!consumer) break;
        const entry = this.#backlog.take();
        if (entry) this.#hand(consumer, entry);
      }
    } finally {
      this.#dispatching = false;
      this.#backlog.rearm();
    }
  }

  purge(): number {
    return this.#backlog.purge();
  }

  /** The queue is used: its own expiry starts anew, or does not run while it has consumers. */
  touch(): void {
    const { expires } = this.policy;
    const idle = expires !== undefined && this.turns.size === 0 && !this.deleted;
    this.#ownExpiry.set(idle ? this.host.clock.now() + expires : Number.POSITIVE_INFINITY);
  }

  /** Ends it: no timer is left, its messages are dropped, and its consumers have to be told. */
  close(): { readonly messages: number; readonly consumers: readonly Consumer[] } {
    this.deleted = true;
    const messages = this.purge();
    this.touch();
    const consumers = [...this.turns.all];
    for (const consumer of consumers) this.turns.remove(consumer);
    return { messages, consumers };
  }

  /** Starts the timers of what was recovered. */
  wake(): void {
    this.#backlog.expire();
  }

  #hand(consumer: Consumer, entry: Entry): void {
    this.unsettled++;
    consumer.deliver(entry);
  }
}
