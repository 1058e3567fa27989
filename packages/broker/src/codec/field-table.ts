import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { Undecodable } from './undecodable.js';

export type FieldValue = boolean | number | bigint | string | Buffer | null | FieldTable | readonly Field[];

/**
 * One value of a table, with the bytes it came in. Headers are passed on by those bytes, so that rewriting one header
 * never changes the type of another.
 */
export interface Field {
  /** RabbitMQ's name of the type, as its error texts show it. */
  readonly type: string;
  readonly value: FieldValue;
  readonly raw: Buffer;
}

export type FieldTable = ReadonlyMap<string, Field>;

export const emptyTable: FieldTable = new Map();

// A client may nest tables as deep as its frame allows; the reader's stack is not that deep.
export const deepest = 64;

export function readTable(reader: ByteReader, depth = 0): FieldTable {
  const length = reader.long();
  if (length === 0) return emptyTable;
  const inner = new ByteReader(reader.bytes, reader.at, reader.at + length);
  reader.skip(length);
  const table = new Map<string, Field>();
  while (inner.left > 0) table.set(inner.shortstr(), readField(inner, depth));
  return table;
}

function readField(reader: ByteReader, depth: number): Field {
  const from = reader.at;
  const { type, value } = readValue(reader, depth);
  return { type, value, raw: Buffer.from(reader.bytes.subarray(from, reader.at)) };
}

function readValue(reader: ByteReader, depth: number): { type: string; value: FieldValue } {
  if (depth > deepest) throw new Undecodable(`tables nested more than ${deepest} deep`);
  const letter = String.fromCharCode(reader.octet());
  switch (letter) {
    case 't':
      return { type: 'bool', value: reader.octet() !== 0 };
    case 'b':
      return { type: 'byte', value: reader.raw(1).readInt8() };
    case 'B':
      return { type: 'unsignedbyte', value: reader.octet() };
    case 's':
      return { type: 'short', value: reader.raw(2).readInt16BE() };
    case 'u':
      return { type: 'unsignedshort', value: reader.short() };
    case 'I':
      return { type: 'signedint', value: reader.raw(4).readInt32BE() };
    case 'i':
      return { type: 'unsignedint', value: reader.long() };
    case 'l':
    case 'L':
      return { type: 'long', value: narrow(reader.raw(8).readBigInt64BE()) };
    case 'T':
      return { type: 'timestamp', value: narrow(reader.raw(8).readBigUInt64BE()) };
    case 'f':
      return { type: 'float', value: reader.raw(4).readFloatBE() };
    case 'd':
      return { type: 'double', value: reader.raw(8).readDoubleBE() };
    case 'D':
      return { type: 'decimal', value: readDecimal(reader) };
    case 'S':
      return { type: 'longstr', value: reader.longstr().toString() };
    case 'x':
      return { type: 'binary', value: Buffer.from(reader.longstr()) };
    case 'V':
      return { type: 'void', value: null };
    case 'F':
      return { type: 'table', value: readTable(reader, depth + 1) };
    case 'A':
      return { type: 'array', value: readArray(reader, depth + 1) };
  }
  throw new Undecodable(`a field of type '${letter}'`);
}

function readDecimal(reader: ByteReader): number {
  const scale = reader.octet();
  return reader.raw(4).readInt32BE() / 10 ** scale;
}

function readArray(reader: ByteReader, depth: number): Field[] {
  const length = reader.long();
  const inner = new ByteReader(reader.bytes, reader.at, reader.at + length);
  reader.skip(length);
  const items: Field[] = [];
  while (inner.left > 0) items.push(readField(inner, depth));
  return items;
}

function narrow(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

export function writeTable(writer: ByteWriter, table: FieldTable): ByteWriter {
  return writer.sized(() => {
    for (const [key, field] of table) writer.shortstr(key).raw(field.raw);
  });
}

function field(type: string, letter: string, value: FieldValue, write: (writer: ByteWriter) => void): Field {
  const writer = new ByteWriter().octet(letter.charCodeAt(0));
  write(writer);
  return { type, value, raw: writer.take() };
}

/** What this server itself puts into a table: the headers of dead letters and its own properties. */
export const fieldOf = {
  bool: (value: boolean): Field => field('bool', 't', value, (w) => w.octet(value ? 1 : 0)),
  long: (value: number): Field => field('long', 'l', value, (w) => w.longlong(value)),
  timestamp: (seconds: number): Field => field('timestamp', 'T', seconds, (w) => w.longlong(seconds)),
  longstr: (text: string): Field => field('longstr', 'S', text, (w) => w.longstr(text)),
  table: (table: FieldTable): Field => field('table', 'F', table, (w) => writeTable(w, table)),
  array: (items: readonly Field[]): Field =>
    field('array', 'A', items, (w) =>
      w.sized(() => {
        for (const item of items) w.raw(item.raw);
      }),
    ),
};
