import { AmqpError } from '../../amqp-error.js';
import type { Field, FieldTable } from '../../codec/field-table.js';
import { typeClass } from '../equivalence.js';

const kinds = ['all', 'any', 'all-with-x', 'any-with-x'];

/** Refuses an `x-match` that means nothing, as RabbitMQ does when the binding is made. */
export function checkHeaderMatch(args: FieldTable): void {
  const match = args.get('x-match');
  if (!match) return;
  if (match.type !== 'longstr')
    throw new AmqpError(
      'PRECONDITION_FAILED',
      `Invalid x-match field type ${match.type} (value ${match.value}); expected longstr`,
    );
  if (!kinds.includes(match.value as string))
    throw new AmqpError(
      'PRECONDITION_FAILED',
      `Invalid x-match field value <<"${match.value}">>; expected all, any, all-with-x, or any-with-x`,
    );
}

/**
 * Whether a message's headers satisfy a binding's arguments. `x-match` is `all` unless given; headers that begin with
 * `x-` are left out unless it ends with `-with-x`.
 */
export function headersMatch(args: FieldTable, headers: FieldTable): boolean {
  const kind = args.get('x-match')?.value ?? 'all';
  const withX = kind === 'all-with-x' || kind === 'any-with-x';
  const wanted = [...args].filter(([name]) => name !== 'x-match' && (withX || !name.startsWith('x-')));
  const holds = ([name, field]: [string, Field]): boolean => matches(field, headers.get(name));
  return kind === 'all' || kind === 'all-with-x' ? wanted.every(holds) : wanted.some(holds);
}

function matches(wanted: Field, given: Field | undefined): boolean {
  if (!given) return false;
  if (wanted.type === 'void') return true; // the header has to be there, whatever it holds
  if (typeClass(wanted.type) !== typeClass(given.type)) return false;
  return typeof wanted.value === 'object' ? wanted.raw.equals(given.raw) : wanted.value === given.value;
}
