import { AmqpError } from '../amqp-error.js';
import { ByteReader } from '../codec/byte-reader.js';
import { frameType } from '../codec/frame.js';
import { readMethod } from '../codec/method-codec.js';
import type { Method, MethodName } from '../codec/methods.js';
import { octets } from '../codec/undecodable.js';
import type { Channels } from './channel/channels.js';
import { takeHotMethod } from './channel/hot-methods.js';
import type { WireChannel } from './channel/wire-channel.js';
import type { ConnectionContext } from './context.js';
import type { FrameHandler } from './frame-reader.js';
import type { Handshake, Progress } from './handshake/handshake.js';

/**
 * Where a connection is in its life. `greeting`: the protocol header is awaited; `handshake`: it is agreed who is there
 * and on what; `closing`: this side has said that it ends; `closed`: the socket is done with. Any state may go to
 * `closing` or `closed`.
 */
export type ConnectionState = 'greeting' | 'handshake' | 'open' | 'closing' | 'closed';

/** The connection whose frames are routed. */
export interface RoutedConnection extends Pick<ConnectionContext, 'send'> {
  readonly state: ConnectionState;
  readonly reading: boolean;
  readonly handshake: Handshake;
  readonly channels: Channels;
  /** The handshake has come this far. */
  progressed(to: Progress): void;
  /** The client has closed the connection, or agrees that it is closed. */
  finished(): void;
  /** A frame was wrong, or the broker has a fault. */
  failed(error: unknown, channel: WireChannel | undefined, culprit: MethodName | undefined): void;
}

/** Brings each frame of a client to what it is for: the handshake, the connection, a channel. */
export class FrameRouter implements FrameHandler {
  constructor(readonly connection: RoutedConnection) {}

  get reading(): boolean {
    return this.connection.reading;
  }

  get frameMax(): number {
    return this.connection.handshake.limits.frameMax;
  }

  frame(type: number, number: number, bytes: Buffer, at: number, size: number): void {
    if (type === frameType.heartbeat) return;
    const { connection } = this;
    const channel = connection.channels.get(number);
    let culprit: MethodName | undefined;
    try {
      if (type === frameType.method) {
        if (channel && takeHotMethod(channel, bytes, at, size)) return;
        const method = readMethod(new ByteReader(bytes, at, at + size));
        culprit = method.name;
        if (number === 0) this.#connectionMethod(method);
        else this.#channelMethod(number, method);
      } else {
        culprit = 'basic.publish';
        this.#contentFrame(type, number, bytes, at, size);
      }
    } catch (error) {
      connection.failed(error, channel, culprit);
    }
  }

  #connectionMethod(method: Method): void {
    const { connection } = this;
    const { state } = connection;
    if (method.name === 'connection.close') {
      connection.send(0, 'connection.close-ok', {});
      connection.finished();
    } else if (method.name === 'connection.close-ok') {
      if (state === 'closing') connection.finished();
    } else if (state === 'handshake') connection.progressed(connection.handshake.answer(method));
    else if (state === 'open' && method.name === 'connection.update-secret')
      connection.send(0, 'connection.update-secret-ok', {});
    else if (state !== 'closing') throw this.#unexpectedMethod();
  }

  #channelMethod(number: number, method: Method): void {
    const { state, channels } = this.connection;
    if (state === 'closing') return;
    if (state !== 'open') throw this.#unexpectedMethod();
    channels.method(number, method);
  }

  #contentFrame(type: number, number: number, bytes: Buffer, at: number, size: number): void {
    const { state, channels } = this.connection;
    if (state === 'closing') return;
    if (type !== frameType.header && type !== frameType.body)
      throw new AmqpError('FRAME_ERROR', `${frameText(type, bytes, at, size)}: unknown_frame`);
    if (state !== 'open' || number === 0)
      throw new AmqpError('UNEXPECTED_FRAME', frameText(type, bytes, at, size));
    channels.content(type, number, bytes, at, size);
  }

  #unexpectedMethod(): AmqpError {
    const { state, handshake } = this.connection;
    const where = state === 'handshake' ? handshake.step : 'running';
    return new AmqpError('CHANNEL_ERROR', `unexpected method in connection state ${where}`);
  }
}

// RabbitMQ's words for a frame.
function frameText(type: number, bytes: Buffer, at: number, size: number): string {
  return `type ${type}, all octets = ${octets(bytes, at, at + size)}`;
}
