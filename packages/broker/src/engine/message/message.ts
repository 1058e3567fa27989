import { AmqpError } from '../../amqp-error.js';
import { ByteReader } from '../../codec/byte-reader.js';
import { ByteWriter } from '../../codec/byte-writer.js';
import { emptyTable, type Field, type FieldTable } from '../../codec/field-table.js';
import { frameEnd, frameHead, frameOverhead, frameType } from '../../codec/frame.js';
import {
  type Properties,
  type PropertyChange,
  propertyFlags,
  readProperties,
  rewriteProperties,
} from '../../codec/properties.js';
import { copyKeysOf, copyMark, hiddenHeader } from './copy-keys.js';
import type { Slab } from './memory-account.js';

const basicClass = 60;
// Class, weight and body size stand before the properties in a header frame.
const beforeProperties = 12;
const noKeys: readonly string[] = [];
const actedOn =
  propertyFlags.priority | propertyFlags.expiration | propertyFlags.replyTo | propertyFlags.userId;

/**
 * A published message. It never changes, and all queues share it.
 *
 * `bytes` holds it as it leaves again: exchange and routing key as in `basic.deliver`, the header frame, one body
 * frame. A delivery is two copies and two channel numbers; the journal writes the same bytes.
 */
export class Message {
  readonly persistent: boolean;
  readonly priority: number;
  /** Milliseconds; `undefined` without one. */
  readonly expiration: number | undefined;
  readonly replyTo: string | undefined;
  readonly userId: string | undefined;
  /** Routing keys beside its own. */
  readonly copyKeys: readonly string[];
  #visible: Message | undefined;
  /** How many queues hold it; the memory account keeps it. */
  holders = 0;
  /** What its bytes are a part of; the memory account keeps it, too. */
  slab: Slab | undefined = undefined;

  constructor(
    readonly exchange: string,
    readonly routingKey: string,
    readonly bytes: Buffer,
    /** Where the route ends and the header frame begins. */
    readonly headerAt: number,
  ) {
    const propertiesAt = headerAt + frameHead + beforeProperties;
    const flags = bytes.readUInt16BE(propertiesAt);
    this.persistent = (flags & propertyFlags.deliveryMode) !== 0 && this.#deliveryMode(propertiesAt) === 2;
    if ((flags & actedOn) === 0) {
      this.priority = 0;
      this.expiration = this.replyTo = this.userId = undefined;
    } else {
      const found = this.#read(actedOn);
      this.priority = found.priority ?? 0;
      this.expiration = found.expiration === undefined ? undefined : parseExpiration(found.expiration);
      this.replyTo = found.replyTo;
      this.userId = found.userId;
    }
    const mayCopy = (flags & propertyFlags.headers) !== 0 && this.#mentions(propertiesAt, copyMark);
    this.copyKeys = mayCopy ? copyKeysOf(this.headers) : noKeys;
  }

  /** Where the body frame begins; it is there only when the body is not empty. */
  get bodyFrameAt(): number {
    return this.headerAt + frameOverhead + this.bytes.readUInt32BE(this.headerAt + 3);
  }

  get bodySize(): number {
    return Math.max(0, this.bytes.length - this.bodyFrameAt - frameOverhead);
  }

  get headers(): FieldTable {
    return this.#read(propertyFlags.headers).headers ?? emptyTable;
  }

  /** The message as receivers see it: without the keys that are hidden from them. */
  get visible(): Message {
    if (this.copyKeys.length === 0) return this;
    this.#visible ??= this.#withoutHidden();
    return this.#visible;
  }

  /** The same with another route, other properties or another body; a property set to `undefined` is dropped. */
  derive(change: {
    exchange?: string;
    routingKey?: string;
    properties?: PropertyChange;
    body?: Buffer;
  }): Message {
    const bodyAt = this.bodyFrameAt + frameHead;
    return composeMessage(
      change.exchange ?? this.exchange,
      change.routingKey ?? this.routingKey,
      rewriteProperties(this.#properties(), change.properties ?? {}),
      change.body ?? this.bytes.subarray(bodyAt, bodyAt + this.bodySize),
    );
  }

  /** The same message with one header more, or another value of one it has. */
  withHeader(name: string, field: Field): Message {
    const tableAt = this.#headersAt();
    if (tableAt === undefined || this.bytes.subarray(0, this.bodyFrameAt).includes(name))
      return this.derive({ properties: { headers: new Map(this.headers).set(name, field) } });
    // Nearly every message has headers, and not this one: it is put in front of them without reading them.
    const { bytes, headerAt } = this;
    const added = new ByteWriter().shortstr(name).raw(field.raw).take();
    const at = tableAt + 4;
    const longer = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
    longer.writeUInt32BE(bytes.readUInt32BE(tableAt) + added.length, tableAt);
    longer.writeUInt32BE(bytes.readUInt32BE(headerAt + 3) + added.length, headerAt + 3);
    return new Message(this.exchange, this.routingKey, longer, headerAt);
  }

  #withoutHidden(): Message {
    const headers = new Map(this.headers);
    return headers.delete(hiddenHeader) ? this.derive({ properties: { headers } }) : this;
  }

  #mentions(from: number, mark: Buffer): boolean {
    return this.bytes.subarray(from, this.bodyFrameAt).includes(mark);
  }

  #read(wanted: number): Properties {
    return readProperties(this.#properties(), wanted);
  }

  #properties(): ByteReader {
    return new ByteReader(this.bytes, this.headerAt + frameHead + beforeProperties);
  }

  // Where the table of headers is, found without building an object; `undefined` when there is none.
  #headersAt(): number | undefined {
    const { bytes } = this;
    const at = this.headerAt + frameHead + beforeProperties;
    const flags = bytes.readUInt16BE(at);
    if ((flags & propertyFlags.headers) === 0) return undefined;
    let next = at + 2;
    if (flags & propertyFlags.contentType) next += 1 + (bytes[next] ?? 0);
    if (flags & propertyFlags.contentEncoding) next += 1 + (bytes[next] ?? 0);
    return next + 4 <= bytes.length ? next : undefined;
  }

  // The one property nearly every message has.
  #deliveryMode(at: number): number | undefined {
    const { bytes } = this;
    const flags = bytes.readUInt16BE(at);
    let next = at + 2;
    if (flags & propertyFlags.contentType) next += 1 + (bytes[next] ?? 0);
    if (flags & propertyFlags.contentEncoding) next += 1 + (bytes[next] ?? 0);
    if (flags & propertyFlags.headers) next += 4 + (next + 4 <= bytes.length ? bytes.readUInt32BE(next) : 0);
    return bytes[next];
  }
}

/** Builds a message from its parts. */
function composeMessage(exchange: string, routingKey: string, properties: Buffer, body: Buffer): Message {
  const writer = new ByteWriter().shortstr(exchange).shortstr(routingKey);
  const headerAt = writer.length;
  writer
    .octet(frameType.header)
    .short(0)
    .long(beforeProperties + properties.length);
  writer.short(basicClass).short(0).longlong(body.length).raw(properties).octet(frameEnd);
  if (body.length > 0) writer.octet(frameType.body).short(0).long(body.length).raw(body).octet(frameEnd);
  return new Message(exchange, routingKey, writer.take(), headerAt);
}

/** Finds the parts again in bytes that were kept. Many in a row have one route: that of `before` is shared where it fits. */
export function messageFromBytes(bytes: Buffer, before?: Message): Message {
  if (before && bytes.compare(before.bytes, 0, before.headerAt, 0, before.headerAt) === 0)
    return new Message(before.exchange, before.routingKey, bytes, before.headerAt);
  const reader = new ByteReader(bytes);
  const exchange = reader.shortstr();
  const routingKey = reader.shortstr();
  return new Message(exchange, routingKey, bytes, reader.at);
}

// RabbitMQ's texts are those of Erlang's string:to_integer.
function parseExpiration(text: string): number {
  const [, digits, rest] = /^([+-]?\d+)?(.*)$/s.exec(text) ?? [];
  if (digits === undefined)
    throw new AmqpError('PRECONDITION_FAILED', `invalid expiration '${text}': no_integer`);
  if (rest)
    throw new AmqpError('PRECONDITION_FAILED', `invalid expiration '${text}': {leftover_string,"${rest}"}`);
  const value = Number(digits);
  if (value < 0)
    throw new AmqpError('PRECONDITION_FAILED', `invalid expiration '${text}': {value_negative,${value}}`);
  return value;
}
