import { AmqpError } from '../../amqp-error.js';
import { frameType } from '../../codec/frame.js';
import { idsOf } from '../../codec/method-codec.js';
import type { Method, MethodName } from '../../codec/methods.js';
import type { ConnectionContext } from '../context.js';
import { shorten } from '../reply-text.js';
import { WireChannel } from './wire-channel.js';

/** The channels of one connection, by their numbers. */
export class Channels {
  readonly #open = new Map<number, WireChannel>();
  // Closed by this side; what the client sends there until it knows of it is dropped.
  readonly #closing = new Set<number>();

  constructor(readonly connection: ConnectionContext) {}

  get all(): readonly WireChannel[] {
    return [...this.#open.values()];
  }

  get(number: number): WireChannel | undefined {
    return this.#open.get(number);
  }

  method(number: number, method: Method): void {
    const channel = this.#open.get(number);
    if (this.#closing.has(number)) this.#whileClosing(number, method.name);
    else if (method.name === 'channel.open') this.#openNew(number);
    else if (!channel) throw notOpen();
    else if (method.name === 'channel.close') {
      channel.publishing.flush();
      channel.close();
      this.#open.delete(number);
      this.connection.send(number, 'channel.close-ok', {});
    } else channel.method(method);
  }

  /** A header or body frame. */
  content(type: number, number: number, bytes: Buffer, at: number, size: number): void {
    if (this.#closing.has(number)) return;
    const channel = this.#open.get(number);
    if (!channel) throw notOpen();
    if (type === frameType.header) channel.publishing.header(bytes, at, size);
    else channel.publishing.body(bytes, at, size);
  }

  /** Closes one with an error. */
  fail(channel: WireChannel, { code, message }: AmqpError, culprit: MethodName | undefined): void {
    channel.publishing.flush();
    this.#open.delete(channel.number);
    this.#closing.add(channel.number);
    channel.close();
    this.connection.send(channel.number, 'channel.close', {
      code,
      text: shorten(message),
      ...idsOf(culprit),
    });
  }

  pause(): void {
    for (const channel of this.#open.values()) channel.engineChannel.pause(true);
  }

  /** Goes on with deliveries, one channel after the other, until the client has enough again. */
  resume(): void {
    for (const channel of [...this.#open.values()]) {
      if (this.connection.outbox.congested) return;
      // Who has had a turn goes to the end: the others come before it the next time.
      this.#open.delete(channel.number);
      this.#open.set(channel.number, channel);
      channel.engineChannel.pause(false);
    }
  }

  closeAll(): void {
    for (const channel of this.#open.values()) channel.close();
    this.#open.clear();
  }

  #openNew(number: number): void {
    const { channelMax } = this.connection.handshake.limits;
    if (this.#open.has(number)) throw new AmqpError('CHANNEL_ERROR', "second 'channel.open' seen");
    // The number may be larger: RabbitMQ counts them.
    if (this.#open.size >= channelMax)
      throw new AmqpError(
        'NOT_ALLOWED',
        `number of channels opened (${this.#open.size}) has reached the negotiated channel_max (${channelMax})`,
      );
    this.#open.set(number, new WireChannel(number, this.connection));
    this.connection.send(number, 'channel.open-ok', { reserved: Buffer.alloc(0) });
  }

  #whileClosing(number: number, name: MethodName): void {
    if (name === 'channel.close') this.connection.send(number, 'channel.close-ok', {});
    if (name === 'channel.close' || name === 'channel.close-ok') this.#closing.delete(number);
  }
}

function notOpen(): AmqpError {
  return new AmqpError('CHANNEL_ERROR', "expected 'channel.open'");
}
