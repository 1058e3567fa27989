import { connect, type Socket } from 'node:net';
import { AmqpError } from '../amqp-error.js';
import { ByteReader } from '../codec/byte-reader.js';
import { ByteWriter } from '../codec/byte-writer.js';
import { type FieldTable, fieldOf } from '../codec/field-table.js';
import { frameEnd, frameType, protocolHeader } from '../codec/frame.js';
import { readMethod, writeMethod } from '../codec/method-codec.js';
import type { MethodArguments, MethodName } from '../codec/methods.js';
import { FrameReader } from '../connection/frame-reader.js';

interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

/** No larger frames are asked for. */
const largestFrame = 131_072;

// Without it a broker only hangs up where name or password are wrong.
const clientProperties: FieldTable = new Map([
  ['capabilities', fieldOf.table(new Map([['authentication_failure_close', fieldOf.bool(true)]]))],
]);

/**
 * The client's side of AMQP, as far as it takes to ask a broker one thing: one frame is awaited after the other. It
 * rejects with what went wrong in the broker's own words, or with the abort of its signal.
 */
export class Dialogue {
  readonly #socket: Socket;
  readonly #frames: AsyncGenerator<Frame>;
  readonly #url: URL;
  #frameMax = largestFrame;

  constructor(url: string, signal: AbortSignal) {
    this.#url = new URL(url);
    const host = this.#url.hostname.replace(/^\[|\]$/g, '');
    this.#socket = connect({ host, port: Number(this.#url.port || 5672), noDelay: true, signal });
    this.#socket.on('error', () => {}); // told by the frame that is awaited next
    this.#frames = framesOf(this.#socket);
    this.#socket.write(protocolHeader);
  }

  /** Waits for the broker's greeting: what it says of itself, before it is told a name. */
  async greeted(): Promise<FieldTable> {
    return (await this.expect('connection.start')).serverProperties;
  }

  /** Says who it is. Resolves when the broker has accepted that. */
  async logIn(): Promise<void> {
    const { username, password } = this.#url;
    const response = Buffer.from(`\0${decodeURIComponent(username)}\0${decodeURIComponent(password)}`);
    this.send(0, 'connection.start-ok', { clientProperties, mechanism: 'PLAIN', response, locale: 'en_US' });
    const { frameMax } = await this.expect('connection.tune');
    this.#frameMax = Math.min(frameMax || largestFrame, largestFrame); // 0 stands for any
  }

  /** Opens the connection, and channel 1 on it. */
  async open(): Promise<void> {
    const vhost = decodeURIComponent(this.#url.pathname.slice(1)) || '/';
    this.send(0, 'connection.tune-ok', { channelMax: 1, frameMax: this.#frameMax, heartbeat: 0 });
    this.send(0, 'connection.open', { vhost, capabilities: '', insist: false });
    await this.expect('connection.open-ok');
    this.send(1, 'channel.open', { reserved: '' });
    await this.expect('channel.open-ok');
  }

  send<N extends MethodName>(channel: number, name: N, args: MethodArguments<N>): void {
    this.#write(frameType.method, channel, (writer) => writeMethod(writer, name, args));
  }

  /** Sends the header frame of a message; one without a body is complete with it. */
  sendHeader(channel: number, bodySize: number, properties: Buffer): void {
    const basicClass = 60;
    this.#write(frameType.header, channel, (writer) =>
      writer.short(basicClass).short(0).longlong(bodySize).raw(properties),
    );
  }

  /** Waits for this method; any other is an error. */
  async expect<N extends MethodName>(name: N): Promise<MethodArguments<N>> {
    const { payload } = await this.#next(frameType.method);
    const method = readMethod(new ByteReader(payload));
    if (method.name === name) return method.args as MethodArguments<N>;
    if (method.name === 'connection.close' || method.name === 'channel.close')
      throw new Error(method.args.text);
    throw new Error(`${method.name} came in the place of ${name}`);
  }

  /** Waits for the body of the message whose method has come. */
  async body(): Promise<Buffer> {
    const header = await this.#next(frameType.header);
    const bodySizeAt = 4;
    const size = Number(header.payload.readBigUInt64BE(bodySizeAt));
    const parts: Buffer[] = [];
    for (let got = 0; got < size; got += parts.at(-1)?.length ?? 0)
      parts.push((await this.#next(frameType.body)).payload);
    return Buffer.concat(parts);
  }

  end(): void {
    this.#socket.destroy();
  }

  #write(type: number, channel: number, payload: (writer: ByteWriter) => unknown): void {
    const writer = new ByteWriter().octet(type).short(channel);
    this.#socket.write(
      writer
        .sized(() => payload(writer))
        .octet(frameEnd)
        .take(),
    );
  }

  async #next(type: number): Promise<Frame> {
    for (;;) {
      const { value, done } = await this.#frames.next();
      if (done) throw new Error('it ended the connection without a word');
      if (value.type === type) return value;
      if (value.type !== frameType.heartbeat) throw new AmqpError('UNEXPECTED_FRAME', `type ${value.type}`);
    }
  }
}

async function* framesOf(socket: Socket): AsyncGenerator<Frame> {
  const frames: Frame[] = [];
  const reader = new FrameReader({
    reading: true,
    frameMax: largestFrame,
    frame: (type, _channel, bytes, at, size) => {
      frames.push({ type, payload: Buffer.from(bytes.subarray(at, at + size)) });
    },
  });
  for await (const chunk of socket) {
    reader.push(chunk as Buffer);
    yield* frames.splice(0);
  }
}
