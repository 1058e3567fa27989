import type { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { type FieldTable, readTable, writeTable } from './field-table.js';

/** The properties of a message that a broker acts on, and all the others as they came. */
export interface Properties {
  contentType?: string;
  contentEncoding?: string;
  headers?: FieldTable;
  deliveryMode?: number;
  priority?: number;
  correlationId?: string;
  replyTo?: string;
  expiration?: string;
  messageId?: string;
  timestamp?: number;
  type?: string;
  userId?: string;
  appId?: string;
  clusterId?: string;
}

type Shape = 'shortstr' | 'octet' | 'longlong' | 'table';

const shapes: readonly [name: keyof Properties, flag: number, shape: Shape][] = [
  ['contentType', 1 << 15, 'shortstr'],
  ['contentEncoding', 1 << 14, 'shortstr'],
  ['headers', 1 << 13, 'table'],
  ['deliveryMode', 1 << 12, 'octet'],
  ['priority', 1 << 11, 'octet'],
  ['correlationId', 1 << 10, 'shortstr'],
  ['replyTo', 1 << 9, 'shortstr'],
  ['expiration', 1 << 8, 'shortstr'],
  ['messageId', 1 << 7, 'shortstr'],
  ['timestamp', 1 << 6, 'longlong'],
  ['type', 1 << 5, 'shortstr'],
  ['userId', 1 << 4, 'shortstr'],
  ['appId', 1 << 3, 'shortstr'],
  ['clusterId', 1 << 2, 'shortstr'],
];

export const propertyFlags = {
  contentType: 1 << 15,
  contentEncoding: 1 << 14,
  headers: 1 << 13,
  deliveryMode: 1 << 12,
  priority: 1 << 11,
  replyTo: 1 << 9,
  expiration: 1 << 8,
  userId: 1 << 4,
} as const;

/** Reads the properties whose flag is in `wanted`; the others are stepped over, and none after the last wanted is. */
export function readProperties(reader: ByteReader, wanted = 0xffff): Properties {
  const flags = reader.short();
  let left = flags & wanted;
  const found: Record<string, unknown> = {};
  for (const [name, flag, shape] of shapes) {
    if (left === 0) break;
    if ((flags & flag) === 0) continue;
    if ((left & flag) === 0) skip(reader, shape);
    else found[name] = shape === 'table' ? readTable(reader) : reader[shape]();
    left &= ~flag;
  }
  return found as Properties;
}

function skip(reader: ByteReader, shape: Shape): void {
  if (shape === 'shortstr') reader.skip(reader.octet());
  else if (shape === 'table') reader.skip(reader.long());
  else reader.skip(shape === 'octet' ? 1 : 8);
}

export function writeProperties(properties: Properties): Buffer {
  const body = new ByteWriter();
  let flags = 0;
  for (const [name, flag, shape] of shapes) {
    const value = properties[name];
    if (value === undefined) continue;
    flags |= flag;
    if (shape === 'table') writeTable(body, value as FieldTable);
    else if (shape === 'shortstr') body.shortstr(value as string);
    else body[shape](value as number);
  }
  return new ByteWriter().short(flags).raw(body.take()).take();
}
