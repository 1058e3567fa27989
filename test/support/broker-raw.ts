import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Subject } from './broker-client.js';

const patience = 5_000;

export interface RawFrame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

export const protocolHeader: Buffer = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

export function frame(type: number, channel: number, payload: Uint8Array, end = 0xce): Buffer {
  const head = Buffer.alloc(7);
  head[0] = type;
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([end])]);
}

/** The payload of a method: its ids, then whatever arguments it has, ready encoded. */
export function method(classId: number, methodId: number, ...args: Uint8Array[]): Buffer {
  const ids = Buffer.alloc(4);
  ids.writeUInt16BE(classId, 0);
  ids.writeUInt16BE(methodId, 2);
  return Buffer.concat([ids, ...args]);
}

export function shortstr(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** Also a table or an array: all of them begin with their size. */
export function longstr(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text as string);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

/** One field of a table: its key, the letter of its type, its value. */
export function field(key: string | Buffer, letter: string, value: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([shortstr(key), Buffer.from(letter), value]);
}

/** Whose end ends the client: a test, or a part of one that opens many. */
export interface Owner {
  after(end: () => void): void;
}

/** A client that says what it likes, byte by byte. */
export class RawClient {
  readonly frames: RawFrame[] = [];
  /** What came before the first frame, or instead of one. */
  raw = Buffer.alloc(0);
  #rest = Buffer.alloc(0);
  #changed: () => void = () => {};
  #closed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#changed();
    });
  }

  static async open(t: Owner, { url }: Subject): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Logs in and opens channel 1. */
  static async ready(t: Owner, subject: Subject, tune: Partial<Tuning> = {}): Promise<RawClient> {
    const client = await RawClient.open(t, subject);
    client.send(protocolHeader);
    await client.until(10, 10);
    client.send(frame(1, 0, startOk(subject)));
    await client.until(10, 30);
    client.send(frame(1, 0, tuneOk(tune)), frame(1, 0, open('/')));
    await client.until(10, 41);
    client.send(frame(1, 1, method(20, 10, shortstr(''))));
    await client.until(20, 11);
    return client;
  }

  send(...bytes: Uint8Array[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** Waits for the method, and returns its arguments. */
  async until(classId: number, methodId: number): Promise<Buffer> {
    const { payload } = await this.#next(
      `method ${classId}.${methodId}`,
      ({ type, payload: bytes }) =>
        type === 1 && bytes.readUInt16BE(0) === classId && bytes.readUInt16BE(2) === methodId,
    );
    return payload.subarray(4);
  }

  /** Waits for the next frame of a type. */
  frame(type: number): Promise<RawFrame> {
    return this.#next(`a frame of type ${type}`, (one) => one.type === type);
  }

  async #next(what: string, wanted: (frame: RawFrame) => boolean): Promise<RawFrame> {
    for (;;) {
      const at = this.frames.findIndex(wanted);
      const found = this.frames[at];
      if (found) {
        this.frames.splice(0, at + 1);
        return found;
      }
      if (this.#closed) throw new Error(`the connection ended before ${what}`);
      await this.#change();
    }
  }

  /** Waits for the broker's `connection.close`. */
  async refusal(): Promise<{ code: number; text: string }> {
    const args = await this.until(10, 50);
    return { code: args.readUInt16BE(0), text: args.toString('utf8', 3, 3 + (args[2] as number)) };
  }

  async closed(): Promise<void> {
    while (!this.#closed) await this.#change();
  }

  async #change(): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#changed = resolve;
      const fail = (): void => reject(new Error(`the broker said nothing for ${patience} ms`));
      late = setTimeout(fail, patience);
    }).finally(() => clearTimeout(late));
  }

  #take(chunk: Buffer): void {
    if (this.raw.length < protocolHeader.length) this.raw = Buffer.concat([this.raw, chunk]);
    let bytes = Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 8 && bytes[0] !== 0x41) {
      const size = bytes.readUInt32BE(3);
      if (bytes.length < size + 8) break;
      const payload = Buffer.from(bytes.subarray(7, 7 + size));
      this.frames.push({ type: bytes[0] as number, channel: bytes.readUInt16BE(1), payload });
      bytes = bytes.subarray(size + 8);
    }
    this.#rest = Buffer.from(bytes);
    this.#changed();
  }
}

export interface Tuning {
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeat: number;
}

export function startOk({ url }: Subject, mechanism = 'PLAIN', password?: string): Buffer {
  const { username, password: own } = new URL(url);
  const response = `\0${decodeURIComponent(username)}\0${password ?? decodeURIComponent(own)}`;
  const capable = Buffer.concat([shortstr('connection.blocked'), Buffer.from('t\x01')]);
  const closes = Buffer.concat([shortstr('authentication_failure_close'), Buffer.from('t\x01')]);
  const capabilities = longstr(Buffer.concat([capable, closes]));
  const properties = Buffer.concat([shortstr('capabilities'), Buffer.from('F'), capabilities]);
  return method(10, 11, longstr(properties), shortstr(mechanism), longstr(response), shortstr('en_US'));
}

export function tuneOk({
  channelMax = 2047,
  frameMax = 131_072,
  heartbeat = 0,
}: Partial<Tuning> = {}): Buffer {
  const args = Buffer.alloc(8);
  args.writeUInt16BE(channelMax, 0);
  args.writeUInt32BE(frameMax, 2);
  args.writeUInt16BE(heartbeat, 6);
  return method(10, 31, args);
}

export function open(vhost: string): Buffer {
  return method(10, 40, shortstr(vhost), shortstr(''), Buffer.from([0]));
}

/** The payload of a `basic.publish`. */
export function publishTo(exchange: string | Buffer, routingKey: string | Buffer): Buffer {
  return method(60, 40, Buffer.alloc(2), shortstr(exchange), shortstr(routingKey), Buffer.from([0]));
}

export interface HeaderParts {
  readonly classId: number;
  readonly weight: number;
  /** A bit for each property there is. */
  readonly flags: number;
  readonly properties: Uint8Array;
}

/** The payload of a content header; by default without properties. */
export function contentHeader(
  bodySize: number,
  { classId = 60, weight = 0, flags = 0, properties = Buffer.alloc(0) }: Partial<HeaderParts> = {},
): Buffer {
  const payload = Buffer.alloc(14);
  payload.writeUInt16BE(classId, 0);
  payload.writeUInt16BE(weight, 2);
  payload.writeBigUInt64BE(BigInt(bodySize), 4);
  payload.writeUInt16BE(flags, 12);
  return Buffer.concat([payload, properties]);
}
