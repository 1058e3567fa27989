import { frame } from './broker-raw.js';

/** A method as the captures write it down: its name and arguments; a message with its properties and body. */
export interface WireFrame {
  readonly from: 'client' | 'broker';
  /** Not in captures. */
  readonly channel?: number;
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Tables in it, and in the arguments, keep the types of their values: `[tag, value]`. */
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly body?: string;
  readonly body_base64?: string;
}

type Shape = 'octet' | 'short' | 'long' | 'longlong' | 'shortstr' | 'table' | 'bit';
type Field = readonly [name: string, shape: Shape];

const fields = (text: string): Field[] =>
  text.split(' ').map((field) => field.split(':') as unknown as Field);

/** What clients send to listen and to publish, and what they are told of it; reserved fields are called `-`. */
const methods: Readonly<Record<number, readonly [name: string, fields: readonly Field[]]>> = {
  [id(40, 10)]: [
    'exchange.declare',
    fields(
      '-:short exchange:shortstr type:shortstr passive:bit durable:bit auto_delete:bit internal:bit nowait:bit arguments:table',
    ),
  ],
  [id(50, 10)]: [
    'queue.declare',
    fields(
      '-:short queue:shortstr passive:bit durable:bit exclusive:bit auto_delete:bit nowait:bit arguments:table',
    ),
  ],
  [id(50, 20)]: [
    'queue.bind',
    fields('-:short queue:shortstr exchange:shortstr routing_key:shortstr nowait:bit arguments:table'),
  ],
  [id(60, 10)]: ['basic.qos', fields('prefetch_size:long prefetch_count:short global:bit')],
  [id(60, 20)]: [
    'basic.consume',
    fields(
      '-:short queue:shortstr consumer_tag:shortstr no_local:bit no_ack:bit exclusive:bit nowait:bit arguments:table',
    ),
  ],
  [id(60, 40)]: [
    'basic.publish',
    fields('-:short exchange:shortstr routing_key:shortstr mandatory:bit immediate:bit'),
  ],
  // Without its message.
  [id(60, 60)]: [
    'basic.deliver',
    fields(
      'consumer_tag:shortstr delivery_tag:longlong redelivered:bit exchange:shortstr routing_key:shortstr',
    ),
  ],
  [id(60, 80)]: ['basic.ack', fields('delivery_tag:longlong multiple:bit')],
  [id(85, 10)]: ['confirm.select', fields('nowait:bit')],
  [id(20, 40)]: [
    'channel.close',
    fields('reply_code:short reply_text:shortstr class_id:short method_id:short'),
  ],
};

function id(classId: number, methodId: number): number {
  return (classId << 16) | methodId;
}

const properties = fields(
  'content_type:shortstr content_encoding:shortstr headers:table delivery_mode:octet priority:octet ' +
    'correlation_id:shortstr reply_to:shortstr expiration:shortstr message_id:shortstr',
);

/** Puts the frames of one direction together to what they say; what is not in the list above is left out. */
export class FrameDecoder {
  readonly frames: WireFrame[] = [];
  readonly #from: WireFrame['from'];
  #rest = Buffer.alloc(0);
  readonly #messages = new Map<number, { frame: WireFrame; left: number; body: Buffer[] }>();

  constructor(from: WireFrame['from']) {
    this.#from = from;
  }

  take(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    if (bytes.toString('latin1', 0, 4) === 'AMQP') bytes = bytes.subarray(8);
    while (bytes.length >= 8 && bytes.length >= bytes.readUInt32BE(3) + 8) {
      const end = bytes.readUInt32BE(3) + 7;
      this.#frame(bytes.readUInt8(0), bytes.readUInt16BE(1), bytes.subarray(7, end));
      bytes = bytes.subarray(end + 1);
    }
    this.#rest = Buffer.from(bytes);
  }

  #frame(type: number, channel: number, payload: Buffer): void {
    if (type === 1) this.#method(channel, payload);
    const message = this.#messages.get(channel);
    if (type === 2 && message) {
      message.left = Number(payload.readBigUInt64BE(4));
      message.frame = { ...message.frame, properties: readProperties(payload.subarray(12)) };
    }
    if (type === 3 && message) {
      message.body.push(Buffer.from(payload));
      message.left -= payload.length;
    }
    if (type !== 1 && message?.left === 0) {
      const body = Buffer.concat(message.body);
      this.frames.push({ ...message.frame, body: body.toString(), body_base64: body.toString('base64') });
      this.#messages.delete(channel);
    }
  }

  #method(channel: number, payload: Buffer): void {
    const [method, shape] = methods[payload.readUInt32BE(0)] ?? [];
    if (!method || !shape) return;
    const args = readFields(new Reader(payload.subarray(4)), shape);
    const told = { from: this.#from, channel, method, args };
    if (method === 'basic.publish') this.#messages.set(channel, { frame: told, left: -1, body: [] });
    else this.frames.push(told);
  }
}

/** The bytes of a `basic.publish` and its message, as it was captured. */
export function publishBytes(
  channel: number,
  { args, properties: given = {}, body_base64 = '' }: WireFrame,
): Buffer {
  const body = Buffer.from(body_base64, 'base64');
  const method = new Writer().short(60).short(40).short(0);
  method.shortstr(String(args.exchange)).shortstr(String(args.routing_key));
  method.octet((args.mandatory ? 1 : 0) | (args.immediate ? 2 : 0));
  const header = new Writer().short(60).short(0).longlong(body.length);
  const present = properties.filter(([name]) => given[name] !== undefined);
  header.short(present.reduce((flags, [name]) => flags | flagOf(name), 0));
  for (const [name, shape] of present) header.field(shape, given[name]);
  return Buffer.concat([
    frame(1, channel, method.bytes()),
    frame(2, channel, header.bytes()),
    ...(body.length > 0 ? [frame(3, channel, body)] : []),
  ]);
}

function flagOf(name: string): number {
  return 1 << (15 - properties.findIndex(([known]) => known === name));
}

function readProperties(bytes: Buffer): Record<string, unknown> {
  const reader = new Reader(bytes);
  const flags = reader.short();
  return readFields(
    reader,
    properties.filter(([name]) => (flags & flagOf(name)) !== 0),
  );
}

function readFields(reader: Reader, shape: readonly Field[]): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  let bit = 0;
  let bits = 0;
  for (const [name, kind] of shape) {
    if (kind === 'bit') {
      if (bit === 0) bits = reader.octet();
      args[name] = ((bits >> bit++) & 1) === 1;
    } else {
      bit = 0;
      args[name] = reader.field(kind);
    }
  }
  delete args['-'];
  return args;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  octet(): number {
    return this.#take(1).readUInt8();
  }

  short(): number {
    return this.#take(2).readUInt16BE();
  }

  field(shape: Exclude<Shape, 'bit'>): unknown {
    switch (shape) {
      case 'octet':
        return this.octet();
      case 'short':
        return this.short();
      case 'long':
        return this.#take(4).readUInt32BE();
      case 'longlong':
        return Number(this.#take(8).readBigUInt64BE());
      case 'shortstr':
        return this.#take(this.octet()).toString();
      case 'table':
        return this.table();
    }
  }

  table(): Record<string, unknown> {
    const inner = new Reader(this.#sized());
    const table: Record<string, unknown> = {};
    while (inner.#at < inner.#bytes.length) table[inner.field('shortstr') as string] = inner.value();
    return table;
  }

  value(): [tag: string, value: unknown] {
    const tag = this.#take(1).toString();
    switch (tag) {
      case 'S':
        return [tag, this.#sized().toString()];
      case 't':
        return [tag, this.octet() !== 0];
      case 'b':
        return [tag, this.#take(1).readInt8()];
      case 's':
        return [tag, this.#take(2).readInt16BE()];
      case 'I':
        return [tag, this.#take(4).readInt32BE()];
      case 'l':
        return [tag, Number(this.#take(8).readBigInt64BE())];
      case 'F':
        return [tag, this.table()];
      case 'A': {
        const inner = new Reader(this.#sized());
        const items: unknown[] = [];
        while (inner.#at < inner.#bytes.length) items.push(inner.value());
        return [tag, items];
      }
    }
    throw new Error(`no test has sent a value of the type ${tag} so far`);
  }

  #sized(): Buffer {
    return this.#take(this.#take(4).readUInt32BE());
  }

  #take(length: number): Buffer {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

class Writer {
  readonly #parts: Buffer[] = [];

  octet(value: number): this {
    return this.#put(1, (bytes) => bytes.writeUInt8(value));
  }

  short(value: number): this {
    return this.#put(2, (bytes) => bytes.writeUInt16BE(value));
  }

  long(value: number): this {
    return this.#put(4, (bytes) => bytes.writeUInt32BE(value));
  }

  longlong(value: number): this {
    return this.#put(8, (bytes) => bytes.writeBigUInt64BE(BigInt(value)));
  }

  shortstr(text: string): this {
    return this.octet(Buffer.byteLength(text)).#raw(Buffer.from(text));
  }

  field(shape: Shape, value: unknown): this {
    if (shape === 'table') return this.#sized(tableBytes(value as Record<string, [string, unknown]>));
    return shape === 'octet' ? this.octet(value as number) : this.shortstr(value as string);
  }

  value([tag, value]: [string, unknown]): this {
    this.#raw(Buffer.from(tag));
    switch (tag) {
      case 'S':
        return this.#sized(Buffer.from(value as string));
      case 't':
        return this.octet(value ? 1 : 0);
      case 'I':
        return this.#put(4, (bytes) => bytes.writeInt32BE(value as number));
      case 'F':
        return this.#sized(tableBytes(value as Record<string, [string, unknown]>));
      case 'A': {
        const items = (value as [string, unknown][]).map((item) => new Writer().value(item).bytes());
        return this.#sized(Buffer.concat(items));
      }
    }
    throw new Error(`no capture holds a value of the type ${tag}`);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #sized(bytes: Buffer): this {
    return this.long(bytes.length).#raw(bytes);
  }

  #put(length: number, write: (bytes: Buffer) => void): this {
    const bytes = Buffer.alloc(length);
    write(bytes);
    return this.#raw(bytes);
  }

  #raw(bytes: Buffer): this {
    this.#parts.push(bytes);
    return this;
  }
}

function tableBytes(table: Record<string, [string, unknown]>): Buffer {
  const writer = new Writer();
  for (const [name, value] of Object.entries(table)) writer.shortstr(name).value(value);
  return writer.bytes();
}
