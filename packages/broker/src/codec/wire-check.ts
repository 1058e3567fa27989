import { isUtf8 } from 'node:buffer';
import { AmqpError } from '../amqp-error.js';
import { deepest } from './field-table.js';
import { propertyFlags } from './properties.js';
import { Undecodable } from './undecodable.js';

// Messages are passed on by their bytes, and read only when something asks for it: by a timer, long after the client
// has gone. So their structure is checked at the door, in one pass that builds nothing.

/** How many bytes follow a type's letter; those with a length of their own are stepped over by it. */
const fixedSizes = new Map(
  Object.entries({ t: 1, b: 1, B: 1, s: 2, u: 2, I: 4, i: 4, f: 4, l: 8, L: 8, d: 8, T: 8, D: 5, V: 0 }).map(
    ([letter, size]) => [letter.charCodeAt(0), size],
  ),
);
const [letterS, letterX, letterF, letterA] = [...'SxFA'].map((letter) => letter.charCodeAt(0));

/** Throws unless `bytes` from `at` to `end` are the flags and properties of a content header, and nothing else. */
export function checkProperties(bytes: Buffer, at: number, end: number): void {
  const flags = bytes.readUInt16BE(at);
  let next = at + 2;
  // What is read behind `end` is nonsense that only leads further from it.
  if (flags & propertyFlags.contentType) next += 1 + (bytes[next] ?? 0);
  if (flags & propertyFlags.contentEncoding) next += 1 + (bytes[next] ?? 0);
  if (flags & propertyFlags.headers) next = checkTable(bytes, next, end);
  if (flags & propertyFlags.deliveryMode) next += 1;
  if (flags & propertyFlags.priority) next += 1;
  if (flags & propertyFlags.correlationId) next += 1 + (bytes[next] ?? 0);
  if (flags & propertyFlags.replyTo) next += 1 + (bytes[next] ?? 0);
  if (flags & propertyFlags.expiration) next += 1 + (bytes[next] ?? 0);
  if (flags & propertyFlags.messageId) next += 1 + (bytes[next] ?? 0);
  if (flags & propertyFlags.timestamp) next += 8;
  if (flags & propertyFlags.type) next += 1 + (bytes[next] ?? 0);
  if (flags & propertyFlags.userId) next += 1 + (bytes[next] ?? 0);
  if (flags & propertyFlags.appId) next += 1 + (bytes[next] ?? 0);
  if (flags & propertyFlags.clusterId) next += 1 + (bytes[next] ?? 0);
  if (next !== end) throw new Undecodable('the properties of a message');
}

/** Throws unless there is a table at `at` that ends before or at `end`; returns where that is. */
export function checkTable(bytes: Buffer, at: number, end: number): number {
  return checkFields(bytes, at, end, true, 0);
}

/** Throws unless the bytes of a name, or of the key of a table, are UTF-8. */
export function checkText(bytes: Buffer, at: number, end: number): void {
  for (let next = at; next < end; next++)
    if ((bytes[next] as number) > 0x7f) {
      if (!isUtf8(bytes.subarray(at, end))) throw new AmqpError('FRAME_ERROR', 'Malformed UTF-8 in shortstr');
      return;
    }
}

// A table and an array differ in that the values of one have keys.
function checkFields(bytes: Buffer, at: number, limit: number, keyed: boolean, depth: number): number {
  if (depth > deepest) throw new Undecodable(`tables nested more than ${deepest} deep`);
  const end = at + 4 + lengthAt(bytes, at, limit);
  if (end > limit) throw new Undecodable('a table longer than its frame');
  let next = at + 4;
  while (next < end) {
    if (keyed) {
      const keyEnd = next + 1 + (bytes[next] as number);
      if (keyEnd >= end) throw new Undecodable('a table that ends within a field');
      checkText(bytes, next + 1, keyEnd);
      next = keyEnd;
    }
    next = checkValue(bytes, next, end, depth);
  }
  if (next !== end) throw new Undecodable('a table that ends within a field');
  return end;
}

function checkValue(bytes: Buffer, at: number, end: number, depth: number): number {
  const letter = bytes[at] as number;
  const after = at + 1;
  if (letter === letterS || letter === letterX) return after + 4 + lengthAt(bytes, after, end);
  if (letter === letterF || letter === letterA)
    return checkFields(bytes, after, end, letter === letterF, depth + 1);
  const size = fixedSizes.get(letter);
  if (size === undefined) throw new Undecodable(`a field of type '${String.fromCharCode(letter)}'`);
  return after + size;
}

function lengthAt(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw new Undecodable('a length that is cut off');
  return bytes.readUInt32BE(at);
}
