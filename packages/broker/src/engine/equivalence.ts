import { AmqpError } from '../amqp-error.js';
import type { Field, FieldTable } from '../codec/field-table.js';

const integers = new Set([
  'byte',
  'unsignedbyte',
  'short',
  'unsignedshort',
  'signedint',
  'unsignedint',
  'long',
]);
const fractions = new Set(['float', 'double', 'decimal']);

/** Clients pick the width of a number as they like; only its class counts when two are compared. */
export function typeClass(type: string): string {
  if (integers.has(type)) return 'int';
  return fractions.has(type) ? 'float' : type;
}

/** Throws RabbitMQ's "inequivalent arg" when a declaration differs from what is there. `label` names the thing. */
export function assertSame(
  arg: string,
  label: string,
  received: string | boolean,
  current: string | boolean,
): void {
  if (received !== current) throw inequivalent(arg, label, `'${received}'`, `'${current}'`);
}

/** The same for the arguments that a queue or exchange acts on; others may differ. */
export function assertSameArguments(
  keys: readonly string[],
  label: string,
  received: FieldTable,
  current: FieldTable,
): void {
  for (const key of keys) {
    const a = received.get(key);
    const b = current.get(key);
    if (a === undefined && b === undefined) continue;
    if (a === undefined || b === undefined) throw inequivalent(key, label, describe(a), describe(b));
    if (typeClass(a.type) !== typeClass(b.type) || a.value !== b.value)
      throw inequivalent(key, label, `'${a.value}'`, `'${b.value}'`);
  }
}

function describe(field: Field | undefined): string {
  return field ? `the value '${field.value}' of type '${field.type}'` : 'none';
}

function inequivalent(arg: string, label: string, received: string, current: string): AmqpError {
  const differs = `received ${received} but current is ${current}`;
  return new AmqpError('PRECONDITION_FAILED', `inequivalent arg '${arg}' for ${label}: ${differs}`);
}
