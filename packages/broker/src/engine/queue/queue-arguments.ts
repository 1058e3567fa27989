import { AmqpError } from '../../amqp-error.js';
import type { Field, FieldTable } from '../../codec/field-table.js';
import { typeClass } from '../equivalence.js';

/** What a queue's arguments ask for, read once. Times in milliseconds; `undefined` or `Infinity` where not limited. */
export interface QueuePolicy {
  readonly quorum: boolean;
  readonly ttl: number | undefined;
  readonly expires: number | undefined;
  readonly deadLetterExchange: string | undefined;
  readonly deadLetterRoutingKey: string | undefined;
  readonly maxLength: number;
  readonly maxBytes: number;
  readonly overflow: 'drop-head' | 'reject-publish' | 'reject-publish-dlx';
  readonly maxPriority: number;
  readonly singleActiveConsumer: boolean;
  readonly deliveryLimit: number;
}

const longestExpiry = 2 ** 32 - 1;
const highestPriority = 255;

type Check = (fault: (detail: string) => AmqpError, field: Field, label: string, name: string) => void;

const integer: Check = (fault, { type }) => {
  if (typeClass(type) !== 'int') throw fault(`"expected integer, got ${type}"`);
};
const notNegative: Check = (fault, field, ...rest) => {
  integer(fault, field, ...rest);
  if ((field.value as number) < 0) throw fault(`{value_negative,${field.value}}`);
};
const duration: Check = (fault, field, ...rest) => {
  notNegative(fault, field, ...rest);
  if ((field.value as number) > longestExpiry) throw fault(`{value_too_large,${field.value}}`);
};
const positiveDuration: Check = (fault, field, ...rest) => {
  if (field.value === 0) throw fault('{value_zero,0}');
  duration(fault, field, ...rest);
};
const priority: Check = (fault, field, ...rest) => {
  notNegative(fault, field, ...rest);
  if ((field.value as number) > highestPriority) throw fault(`{max_value_exceeded,${field.value}}`);
};
const text: Check = (fault, { type }) => {
  if (type !== 'longstr') throw fault(`{unacceptable_type,${type}}`);
};
const name: Check = (_fault, { type }, label, arg) => {
  if (type !== 'longstr')
    throw new AmqpError('PRECONDITION_FAILED', `invalid type '${type}' for arg '${arg}' in ${label}`);
};
const bool: Check = (fault, { type }) => {
  if (type !== 'bool') throw fault(`{unacceptable_type,${type}}`);
};
const oneOf =
  (values: readonly string[], detail: (value: string) => string): Check =>
  (fault, field, ...rest) => {
    text(fault, field, ...rest);
    if (!values.includes(field.value as string)) throw fault(detail(field.value as string));
  };

const overflows = ['drop-head', 'reject-publish', 'reject-publish-dlx'];
const queueTypes = ['classic', 'quorum'];

const checks: Record<string, Check> = {
  'x-queue-type': oneOf(queueTypes, (value) => `"unsupported queue type '${value}'"`),
  'x-expires': positiveDuration,
  'x-message-ttl': duration,
  'x-dead-letter-exchange': name,
  'x-dead-letter-routing-key': name,
  'x-dead-letter-strategy': oneOf(['at-most-once', 'at-least-once'], () => 'invalid_dlx_strategy'),
  'x-max-length': notNegative,
  'x-max-length-bytes': notNegative,
  'x-overflow': oneOf(overflows, () => 'invalid_overflow'),
  'x-max-priority': priority,
  'x-queue-mode': oneOf(['default', 'lazy'], () => 'invalid_queue_mode'),
  'x-single-active-consumer': bool,
  'x-delivery-limit': integer,
  'x-quorum-initial-group-size': notNegative,
};

const classicOnly = ['x-max-priority', 'x-queue-mode'];
const quorumOnly = ['x-delivery-limit', 'x-dead-letter-strategy', 'x-quorum-initial-group-size'];

/** The arguments that have to be the same when a queue is declared again. */
export const comparedArguments: readonly string[] = Object.keys(checks);

const longestKey = 255;

/**
 * Refuses a dead-letter routing key that no delivery could carry. RabbitMQ takes it, and later closes the connection of
 * each consumer of such a dead letter. For new queues only: those on a disk were taken once.
 */
export function refuseLongDeadKey(args: FieldTable, label: string): void {
  const key = args.get('x-dead-letter-routing-key');
  const size = key?.type === 'longstr' ? Buffer.byteLength(key.value as string) : 0;
  if (size > longestKey) {
    const fault = `invalid arg 'x-dead-letter-routing-key' for ${label}: {value_too_long,${size}}`;
    throw new AmqpError('PRECONDITION_FAILED', fault);
  }
}

/** Reads and checks a queue's arguments; what is not known is kept and ignored, as RabbitMQ does. */
export function readQueueArguments(args: FieldTable, label: string): QueuePolicy {
  for (const [arg, check] of Object.entries(checks)) {
    const field = args.get(arg);
    const fault = (detail: string): AmqpError =>
      new AmqpError('PRECONDITION_FAILED', `invalid arg '${arg}' for ${label}: ${detail}`);
    if (field) check(fault, field, label, arg);
    if (arg === 'x-dead-letter-routing-key' && field && !args.has('x-dead-letter-exchange'))
      throw fault('routing_key_but_no_dlx_defined');
  }
  const quorum = args.get('x-queue-type')?.value === 'quorum';
  for (const arg of quorum ? classicOnly : quorumOnly)
    if (args.has(arg)) {
      const type = quorum ? 'rabbit_quorum_queue' : 'rabbit_classic_queue';
      throw new AmqpError('PRECONDITION_FAILED', `invalid arg '${arg}' for ${label} of queue type ${type}`);
    }
  const read = <T>(arg: string): T | undefined => args.get(arg)?.value as T | undefined;
  const limit = read<number>('x-delivery-limit');
  return {
    quorum,
    ttl: read('x-message-ttl'),
    expires: read('x-expires'),
    deadLetterExchange: read('x-dead-letter-exchange'),
    deadLetterRoutingKey: read('x-dead-letter-routing-key'),
    maxLength: read('x-max-length') ?? Number.POSITIVE_INFINITY,
    maxBytes: read('x-max-length-bytes') ?? Number.POSITIVE_INFINITY,
    overflow: read('x-overflow') ?? 'drop-head',
    maxPriority: read('x-max-priority') ?? 0,
    singleActiveConsumer: read('x-single-active-consumer') ?? false,
    deliveryLimit: limit === undefined || limit < 0 ? Number.POSITIVE_INFINITY : limit,
  };
}
