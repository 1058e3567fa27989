import { Deadline } from '@micro-framework/core';
import type { ConfirmChannel, Message, OpenChannel, Options } from '../connection/connection.js';
import { Backlog, type Pending } from './backlog.js';
import { largestOf } from './largest-message.js';
import {
  type Obstacle,
  overflow,
  refused,
  timedOut,
  tooLarge,
  unroutable,
  unsendable,
} from './publish-errors.js';
import { exchangeOf, RefusedExchanges } from './refused-exchanges.js';
import { WaitingRoom } from './waiting-room.js';

/** A message on its way to the broker. */
export interface Publication {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly properties: Options.Publish;
}

/** How much may wait for the broker, and how long. */
export interface PublisherLimits {
  /** Milliseconds. */
  readonly timeout: number;
  readonly messages: number;
  readonly bytes: number;
}

/** The driver keeps a note of each message that nobody waits for any more. A channel with as many is given up. */
const mostAbandoned = 10_000;

const nothing = Buffer.alloc(0);

/**
 * Publishes on one confirm channel after the other, pipelined: as many messages as callers like share the stream of
 * confirms. What was not confirmed when a channel ended is sent again on the next one, in its order.
 *
 * The broker closes the channel for one bad message, and says nothing of the others on it. Where it names the exchange
 * that it has not, or not for us, or the size that is too large for it, that tells the bad ones from the others; else all
 * are sent again bit by bit, so that only the bad one is refused.
 */
export class Publisher {
  readonly #backlog: Backlog;
  readonly #limits: PublisherLimits;
  readonly #isConnected: () => boolean;
  readonly #refusedExchanges = new RefusedExchanges();
  /** Bytes of the largest body that the broker takes, once it has refused one. */
  #largest = Infinity;
  #link: OpenChannel<ConfirmChannel> | undefined;
  /** Why the broker takes nothing for now. */
  #blocked: string | undefined;
  /** Why there is no channel. */
  #cause: Error | undefined;
  /** The driver has as much to send as it likes to keep. */
  #isFull = false;
  /** Sent on the present channel, never confirmed, and given up. */
  #abandoned = 0;
  #ended: Error | undefined;
  readonly #waitingRoom = new WaitingRoom();
  #whenIdle: (() => void) | undefined;

  /** @param isConnected - whether there is a connection, as far as that is known: asked for what to tell of a message that waited */
  constructor(limits: PublisherLimits, isConnected: () => boolean = () => false) {
    this.#limits = limits;
    this.#isConnected = isConnected;
    this.#backlog = new Backlog(limits, (late) => this.#expired(late));
  }

  /** What waits for its confirm. */
  get pending(): { readonly messages: number; readonly bytes: number } {
    return { messages: this.#backlog.size, bytes: this.#backlog.bytes };
  }

  /**
   * Resolves when the broker has taken the message, and never otherwise. Rejects with an `UnroutableError` (`mandatory`
   * only), a `PublishRefusedError`, a `MessageTooLargeError`, an `UnsendableError`; a `PublishOverflowError` where too many
   * wait already; and when its time is up with a `ConnectionLostError` or a `PublishTimedOutError`, after which it may have arrived all the same.
   */
  publish(publication: Publication): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      const why = this.#refusedExchanges.whyNot(publication.exchange);
      if (why !== undefined) throw refused(publication, why);
      if (publication.body.byteLength > this.#largest) throw tooLarge(publication, this.#largest);
      this.#backlog.add(publication, resolve, reject);
      this.#pump();
    });
  }

  /**
   * True where somebody who can wait may publish the message now: as long as no more than half of what may wait does. The
   * other half is for those who cannot.
   */
  hasRoomFor(publication: Publication): boolean {
    return this.#ended !== undefined || this.#backlog.isHalfEmpty(publication);
  }

  /** Resolves as soon as it is so; throws a `PublishOverflowError` when that takes longer than a message may wait. */
  async roomFor(publication: Publication): Promise<void> {
    const deadline = Deadline.in(this.#limits.timeout);
    while (!this.hasRoomFor(publication)) {
      if (await deadline.within(this.#waitingRoom.wait())) continue;
      throw overflow(publication, this.#backlog, this.#limits.bytes);
    }
  }

  /** From now on this channel is used. */
  attach(link: OpenChannel<ConfirmChannel>): void {
    this.#link = link;
    this.#blocked = undefined;
    this.#isFull = false;
    this.#abandoned = 0;
    link.channel.on('return', (message) => {
      if (link === this.#link) this.#returned(message);
    });
    link.channel.on('drain', () => {
      if (link !== this.#link) return;
      this.#isFull = false;
      this.#pump();
    });
    this.#pump();
  }

  /**
   * The channel has ended. `fault` is why the broker closed it, if one of the messages on it is to blame; `cause` why
   * it is gone otherwise.
   */
  detach(end: { readonly fault?: Error | undefined; readonly cause?: Error | undefined }): void {
    this.#link = undefined;
    this.#cause = end.fault ?? end.cause;
    // The next connection may lead to a broker that takes more.
    if (!end.fault) this.#largest = Infinity;
    else if (this.#names(end.fault)) return;
    const culprit = this.#backlog.rewind(end.fault !== undefined);
    if (culprit) this.#end(culprit, refused(culprit.publication, end.fault?.message ?? 'it was closed'));
  }

  /** The broker takes nothing more for now, or, with no reason, takes messages again. */
  block(reason: string | undefined): void {
    this.#blocked = reason;
    this.#pump();
  }

  /** Resolves when nothing waits for its confirm. */
  async idle(): Promise<void> {
    if (this.#backlog.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  /** From now on all is rejected, also what waits for its confirm. */
  end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    for (const pending of this.#backlog.clear()) pending.reject(error);
    this.#waitingRoom.noteLeave(0);
    this.#whenIdle?.();
  }

  #pump(): void {
    while (this.#link?.isOpen() && this.#blocked === undefined && !this.#isFull) {
      const next = this.#backlog.next();
      if (!next) return;
      this.#send(next, this.#link);
    }
  }

  #send(pending: Pending, link: OpenChannel<ConfirmChannel>): void {
    const { exchange, routingKey, body, properties } = pending.publication;
    try {
      this.#isFull = !link.channel.publish(exchange, routingKey, body, properties, (error: Error | null) => {
        // Not an answer: the channel closed before it came, and the message is sent again.
        if (link !== this.#link || !link.isOpen()) return;
        this.#answered(pending, error === null);
        this.#pump();
      });
    } catch (cause) {
      // Closing: it is sent again. Or it could not be encoded.
      if (!link.isOpen() || (cause as Error).name === 'IllegalOperationError') return;
      this.#end(pending, unsendable(pending.publication, cause as Error));
    }
  }

  #answered(pending: Pending, taken: boolean): void {
    const { publication, returned } = pending;
    if (!taken) this.#end(pending, refused(publication, 'is a queue full?'));
    else if (returned !== undefined) this.#end(pending, unroutable(publication, returned));
    else this.#end(pending, undefined);
    if (taken) this.#refusedExchanges.forget(publication.exchange);
  }

  /** True where the fault tells which messages under way are to blame: then none of the others is suspect. */
  #names(fault: Error): boolean {
    const exchange = exchangeOf(fault);
    if (exchange !== undefined && this.#isUnderWay((publication) => publication.exchange === exchange)) {
      this.#backlog.rewind(false);
      if (this.#refusedExchanges.note(exchange, fault.message)) this.#refuse(exchange, fault.message);
      return true;
    }
    const largest = largestOf(fault);
    if (largest === undefined || !this.#isUnderWay(({ body }) => body.byteLength > largest)) return false;
    this.#backlog.rewind(false);
    this.#largest = largest;
    const bad = [...this.#backlog.unsent()].filter(
      ({ publication }) => publication.body.byteLength > largest,
    );
    for (const pending of bad) this.#end(pending, tooLarge(pending.publication, largest));
    return true;
  }

  #isUnderWay(isBad: (publication: Publication) => boolean): boolean {
    for (const { publication } of this.#backlog.sent()) if (isBad(publication)) return true;
    return false;
  }

  /** Ends all that waits to be sent to the exchange. */
  #refuse(exchange: string, why: string): void {
    const bad = [...this.#backlog.unsent()].filter(({ publication }) => publication.exchange === exchange);
    for (const pending of bad) this.#end(pending, refused(pending.publication, why));
  }

  /** The end of one message, unless it has ended already. */
  #end(pending: Pending, error: Error | undefined): void {
    if (!this.#backlog.remove(pending)) return;
    if (error) pending.reject(error);
    else pending.resolve();
    this.#waitingRoom.noteLeave(this.#backlog.size);
    if (this.#backlog.size === 0) this.#whenIdle?.();
  }

  #expired(late: Pending): void {
    const isSent = this.#backlog.isSent(late);
    this.#end(late, timedOut(late.publication, this.#limits.timeout, this.#obstacle()));
    if (isSent) this.#abandon(late);
    this.#pump();
  }

  #abandon(late: Pending): void {
    // The driver knows it until the channel ends.
    late.publication = { ...late.publication, body: nothing, properties: {} };
    this.#abandoned += 1;
    if (this.#abandoned !== mostAbandoned) return;
    // Closed already, or closing.
    this.#link?.channel.close().catch(() => {});
  }

  #obstacle(): Obstacle {
    if (!this.#link?.isOpen()) return { kind: this.#isConnected() ? 'opening' : 'away', cause: this.#cause };
    return this.#blocked === undefined ? { kind: 'silent' } : { kind: 'blocked', reason: this.#blocked };
  }

  /** A return names no publish. Where it fits several all of them fail: rather once more than falsely confirmed. */
  #returned({ fields, properties }: Message): void {
    const text = (fields as { replyText?: string }).replyText ?? 'NO_ROUTE';
    for (const pending of this.#backlog.sent()) {
      const { publication } = pending;
      if (
        publication.properties.mandatory &&
        publication.exchange === fields.exchange &&
        publication.routingKey === fields.routingKey &&
        publication.properties.messageId === properties.messageId
      )
        pending.returned = text;
    }
  }
}
