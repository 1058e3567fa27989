import type { DeathReason } from '../message/dead-letter.js';
import type { Message } from '../message/message.js';
import { Deadline } from './deadline.js';
import type { Entry } from './entry.js';
import type { QueuePolicy } from './queue-arguments.js';
import type { QueueHost } from './queue-host.js';
import { Waiting } from './waiting.js';

/** What waits in a queue, within the queue's bounds and no longer than its time to live. */
export class Backlog {
  readonly waiting: Waiting;
  readonly #headExpiry: Deadline;

  constructor(
    readonly policy: QueuePolicy,
    readonly host: QueueHost,
  ) {
    this.waiting = new Waiting(policy);
    this.#headExpiry = new Deadline(host.clock, () => this.expire());
  }

  /** Whether a message is turned away because the queue is full. */
  refuses(message: Message): boolean {
    if (this.policy.overflow === 'drop-head') return false;
    const { length, bytes } = this.waiting;
    return length + 1 > this.policy.maxLength || bytes + message.bodySize > this.policy.maxBytes;
  }

  /** When a message that comes now is too old. */
  deadlineOf({ expiration = Number.POSITIVE_INFINITY }: Message): number {
    const ttl = Math.min(this.policy.ttl ?? Number.POSITIVE_INFINITY, expiration);
    return ttl === Number.POSITIVE_INFINITY ? ttl : this.host.clock.now() + ttl;
  }

  add(entry: Entry): void {
    this.waiting.add(entry);
    this.trim();
    if (entry.expiresAt !== Number.POSITIVE_INFINITY) this.expire();
  }

  /** Takes the next that is not too old. `rearm` has to follow. */
  take(): Entry | undefined {
    this.expire();
    return this.waiting.shift();
  }

  /** Drops all, and returns how many there were. */
  purge(): number {
    const { length } = this.waiting;
    for (let entry = this.waiting.shift(); entry; entry = this.waiting.shift()) this.remove(entry);
    this.rearm();
    return length;
  }

  /** Drops the oldest until the rest is within the bounds. */
  trim(): void {
    const { maxLength, maxBytes, overflow } = this.policy;
    if (overflow !== 'drop-head') return;
    while (this.waiting.length > maxLength || this.waiting.bytes > maxBytes)
      this.kill(this.waiting.shift() as Entry, 'maxlen');
  }

  // Only the head is looked at: RabbitMQ's short-lived messages wait behind long-lived ones too.
  expire(): void {
    for (let head = this.waiting.first(); head; head = this.waiting.first()) {
      if (head.expiresAt === Number.POSITIVE_INFINITY || head.expiresAt > this.host.clock.now()) break;
      this.kill(this.waiting.shift() as Entry, 'expired');
    }
    this.rearm();
  }

  /** The head may be another: its time is the one that counts. */
  rearm(): void {
    this.#headExpiry.set(this.waiting.first()?.expiresAt ?? Number.POSITIVE_INFINITY);
  }

  /** The entry has left the queue, and goes to the dead letters. */
  kill(entry: Entry, reason: DeathReason): void {
    this.host.bury(entry, reason);
    this.remove(entry);
  }

  /** The entry has left the queue. */
  remove(entry: Entry): void {
    if (entry.recordBytes > 0) this.host.store.removed(entry);
    this.host.memory.release(entry.message);
  }
}
