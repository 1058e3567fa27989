import type { Config, Logger } from '@micro-framework/core';
import type { AnswerOutcome, CallCarrier, CarrierEvents, OutgoingCall } from '@micro-framework/core/rpc';
import type { Channel, Connection, Message, OpenChannel } from '../../connection/connection.js';
import type { Session } from '../../connection/session.js';
import { largestOf } from '../../publish/largest-message.js';
import { Keeper, type Kept } from '../../recovery/keeper.js';
import { declare } from '../../topology/topology.js';
import type { CalledDialect, ReplyQueue } from './dialect/called-dialect.js';

const longestKey = 255;

/** What a reply channel is made with. */
export interface ReplyChannelParts {
  readonly session: Session;
  readonly dialect: CalledDialect;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * One channel that requests go out on and answers come in by, for all clients of a protocol: the broker knows where to
 * send direct replies by the channel that asked. It is opened again whenever it has closed; what was sent by then is not
 * answered any more.
 */
export class ReplyChannel {
  readonly #dialect: CalledDialect;
  readonly #queue: ReplyQueue;
  readonly #keeper: Keeper;
  readonly #callers = new Map<number, ChannelCarrier>();
  #link: OpenChannel | undefined;
  #last = 0;
  #isFull = false;
  #isClosed = false;
  /** Bytes of the largest body that the broker takes, once it has refused one: that cost the channel, and all that was open on it. */
  #largest = Number.POSITIVE_INFINITY;

  constructor({ session, dialect, config, log }: ReplyChannelParts) {
    this.#dialect = dialect;
    this.#queue = dialect.replyQueue(config.serviceName);
    this.#keeper = new Keeper({
      what: `the channel for calls and their answers from ${this.#queue.name}`,
      connection: session.publishing,
      open: (connection) => this.#open(connection),
      ended: (reason) => this.#ended(reason),
      log,
    });
  }

  get state(): CallCarrier['state'] {
    if (this.#isClosed) return 'closed';
    return this.#link?.isOpen() ? 'open' : 'away';
  }

  /** The driver has as much to send as it likes to keep. */
  get isFull(): boolean {
    return this.#isFull;
  }

  start(): Promise<void> {
    return this.#keeper.start();
  }

  /** Carries the calls of a client to a service. */
  carrierTo(service: string, events: CarrierEvents): CallCarrier {
    const key = ++this.#last;
    const carrier = new ChannelCarrier(this, {
      service,
      key,
      events,
      forget: () => this.#callers.delete(key),
    });
    this.#callers.set(key, carrier);
    return carrier;
  }

  /** Sends a call; only while `open`. Throws where it, or its name, is too long for the broker. */
  send(service: string, key: number, call: OutgoingCall): void {
    const { exchange, routingKey, body, properties } = this.#dialect.request(call, {
      to: service,
      correlation: call.id === undefined ? undefined : `${key}.${call.id}`,
      replyTo: this.#queue.address,
    });
    const bytes = Buffer.byteLength(routingKey);
    // Before the driver says so: it counts a request that it does not write among those to be confirmed.
    if (bytes > longestKey)
      throw new RangeError(
        `its routing key has ${bytes} bytes, AMQP takes ${longestKey}: choose shorter names`,
      );
    if (body.byteLength > this.#largest)
      throw new RangeError(
        `its arguments have ${body.byteLength} bytes, and the broker takes ${this.#largest}: send less, or where to find it`,
      );
    this.#isFull = !this.#link?.channel.publish(exchange, routingKey, body, properties);
  }

  async stop(): Promise<void> {
    this.#isClosed = true;
    this.#keeper.stop();
    const link = this.#link;
    if (!link?.isOpen()) return;
    // The connection may end meanwhile, which is as good.
    if (this.#queue.isTemporary) await link.channel.deleteQueue(this.#queue.name).catch(() => {});
    if (link.isOpen()) await link.channel.close().catch(() => {});
  }

  async #open(connection: Connection): Promise<Kept> {
    const link = this.#dialect.confirms
      ? await connection.openConfirmChannel()
      : await connection.openChannel();
    const { channel } = link;
    await declare(channel, this.#queue.topology);
    channel.on('return', (message: Message) => this.#hear(message, unrouted));
    channel.on('drain', () => {
      this.#isFull = false;
      for (const { events } of this.#callers.values()) events.roomier();
    });
    await this.#consume(channel);
    this.#link = link;
    this.#isFull = false;
    for (const { events } of this.#callers.values()) events.opened();
    return link;
  }

  async #consume(channel: Channel): Promise<void> {
    await channel.consume(
      this.#queue.name,
      (message) => {
        if (message) this.#hear(message, this.#dialect.answer);
        // The queue has gone: all is opened anew.
        else void channel.close().catch(() => {});
      },
      { noAck: true },
    );
  }

  #hear(message: Message, read: (message: Message) => AnswerOutcome): void {
    const { properties } = message;
    const correlation = String(properties.correlationId);
    const dot = correlation.indexOf('.');
    const caller = this.#callers.get(Number(correlation.slice(0, dot)));
    caller?.events.answered(Number(correlation.slice(dot + 1)), read(message));
  }

  #ended(error: Error | undefined): void {
    this.#largest = (error && largestOf(error)) ?? this.#largest;
    const reason = error?.message ?? 'the connection to the broker was lost';
    for (const { events } of this.#callers.values()) events.lost({ reason, unauthorized: false });
  }
}

interface CarrierParts {
  readonly service: string;
  readonly key: number;
  readonly events: CarrierEvents;
  forget(): void;
}

/** Carries the calls of one client over the channel that all share. */
class ChannelCarrier implements CallCarrier {
  readonly events: CarrierEvents;
  readonly #channel: ReplyChannel;
  readonly #parts: CarrierParts;
  #isClosed = false;

  constructor(channel: ReplyChannel, parts: CarrierParts) {
    this.events = parts.events;
    this.#channel = channel;
    this.#parts = parts;
  }

  get state(): CallCarrier['state'] {
    return this.#isClosed ? 'closed' : this.#channel.state;
  }

  get isFull(): boolean {
    return this.#channel.isFull;
  }

  /** It comes back by itself. */
  want(): void {}

  send(call: OutgoingCall): void {
    const { service, key } = this.#parts;
    this.#channel.send(service, key, call);
  }

  /** Answers have ids: a late one is known for what it is. */
  forsake(): void {}

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parts.forget();
  }
}

function unrouted({ fields: { exchange, routingKey } }: Message): AnswerOutcome {
  const place =
    exchange === '' ? `there is no queue ${routingKey}` : `${exchange} has no queue for ${routingKey}`;
  return { kind: 'refused', refusal: 'unknown-target', message: `nobody serves that: ${place}` };
}
