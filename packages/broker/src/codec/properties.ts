import { ByteReader } from './byte-reader.js';
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

/** The bit of each property, in the order in which they come. */
export const propertyFlags = {
  contentType: 1 << 15,
  contentEncoding: 1 << 14,
  headers: 1 << 13,
  deliveryMode: 1 << 12,
  priority: 1 << 11,
  correlationId: 1 << 10,
  replyTo: 1 << 9,
  expiration: 1 << 8,
  messageId: 1 << 7,
  timestamp: 1 << 6,
  type: 1 << 5,
  userId: 1 << 4,
  appId: 1 << 3,
  clusterId: 1 << 2,
} as const;

const shapeOf: { readonly [K in keyof Properties]: Shape } = {
  headers: 'table',
  deliveryMode: 'octet',
  priority: 'octet',
  timestamp: 'longlong',
};

const shapes = (Object.keys(propertyFlags) as (keyof Properties)[]).map(
  (name) => [name, propertyFlags[name], shapeOf[name] ?? 'shortstr'] as const,
);

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

/** What is to be different in a message's properties; one that is set to `undefined` is dropped. */
export type PropertyChange = { readonly [K in keyof Properties]: Properties[K] | undefined };

/** The properties with a change made to them. The others keep the bytes they came in. */
export function rewriteProperties(reader: ByteReader, change: PropertyChange): Buffer {
  const given = reader.short();
  const body = new ByteWriter();
  let flags = 0;
  for (const [name, flag, shape] of shapes) {
    const from = reader.at;
    if (given & flag) skip(reader, shape);
    if (!(name in change)) {
      flags |= given & flag;
      body.raw(reader.bytes.subarray(from, reader.at));
    } else if (change[name] !== undefined) {
      flags |= flag;
      write(body, shape, change[name]);
    }
  }
  return new ByteWriter().short(flags).raw(body.written).take();
}

const none = Buffer.alloc(2);

export function writeProperties(properties: Properties): Buffer {
  return rewriteProperties(new ByteReader(none), properties);
}

function write(body: ByteWriter, shape: Shape, value: unknown): void {
  if (shape === 'table') writeTable(body, value as FieldTable);
  else if (shape === 'shortstr') body.shortstr(value as string);
  else body[shape](value as number);
}
