import { unsendable } from './publish-errors.js';
import type { Publication } from './publisher.js';

/** Bytes of a number, of what belongs to a field, and of what else is not worth a closer look. */
const small = 8;

/**
 * About how many bytes of memory a message takes while it waits. Throws an `UnsendableError` for headers with a number
 * that is not finite: the driver would write it, and the broker close the whole connection.
 */
export function weightOf(publication: Publication): number {
  const { body, properties } = publication;
  if (properties.headers === undefined) return body.byteLength;
  try {
    return body.byteLength + weightOfHeader(properties.headers);
  } catch (cause) {
    throw unsendable(publication, cause as Error);
  }
}

function weightOfHeader(value: unknown): number {
  // Few letters of headers are longer than a byte.
  if (typeof value === 'string') return value.length;
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError(`a header holds ${value}: numbers in headers must be finite`);
  if (typeof value !== 'object' || value === null) return small;
  if (Buffer.isBuffer(value)) return value.byteLength;
  let weight = 0;
  for (const field of Object.values(value)) weight += small + weightOfHeader(field);
  return weight;
}
