import { AmqpError } from '../../amqp-error.js';
import type { Field, FieldTable } from '../../codec/field-table.js';

// RabbitMQ's sender-selected distribution: the headers CC and BCC hold more routing keys. Receivers see CC and not BCC;
// both count again when the message is dead-lettered under its own key.

const openHeader = 'CC';
export const hiddenHeader = 'BCC';

/** Bytes that the headers of a message with copies contain, most often by no accident. */
export const copyMark = Buffer.from(openHeader);

const none: readonly string[] = [];

/** The routing keys a message has beside its own. */
export function copyKeysOf(headers: FieldTable): readonly string[] {
  if (!headers.has(openHeader) && !headers.has(hiddenHeader)) return none;
  return [...keysIn(headers, openHeader), ...keysIn(headers, hiddenHeader)];
}

/** Those of them that receivers may see. */
export function openKeysOf(headers: FieldTable): readonly string[] {
  return keysIn(headers, openHeader);
}

/** The headers of a message that goes on under its own key alone. */
export function withoutCopies(headers: FieldTable): Map<string, Field> {
  const left = new Map(headers);
  left.delete(openHeader);
  left.delete(hiddenHeader);
  return left;
}

function keysIn(headers: FieldTable, header: string): readonly string[] {
  const field = headers.get(header);
  if (!field) return none;
  if (field.type !== 'array') {
    const fault = `{unacceptable_type_in_header,"${header}",${field.type}}`;
    throw new AmqpError('PRECONDITION_FAILED', `invalid message: ${fault}`);
  }
  return (field.value as readonly Field[])
    .filter(({ type }) => type === 'longstr')
    .map(({ value }) => value as string);
}
