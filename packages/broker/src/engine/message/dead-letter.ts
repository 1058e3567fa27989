import { type Field, type FieldTable, fieldOf } from '../../codec/field-table.js';
import { openKeysOf, withoutCopies } from './copy-keys.js';
import type { Message } from './message.js';

export type DeathReason = 'rejected' | 'expired' | 'maxlen' | 'delivery_limit';

export interface Death {
  readonly queue: string;
  readonly reason: DeathReason;
  /** Seconds since 1970. */
  readonly time: number;
  readonly exchange: string;
  /** `undefined` keeps the routing keys it had. */
  readonly routingKey: string | undefined;
}

/** The message as the dead-letter exchange gets it: the death in its `x-death` header, its own expiration gone. */
export function deadLetter(message: Message, death: Death): Message {
  return message.derive({
    exchange: death.exchange,
    routingKey: death.routingKey ?? message.routingKey,
    properties: { headers: withDeath(message, death), expiration: undefined },
  });
}

function withDeath(message: Message, death: Death): FieldTable {
  const headers = death.routingKey === undefined ? new Map(message.headers) : withoutCopies(message.headers);
  const deaths = groupedDeaths(message);
  const before = deaths.find(
    (other) => textOf(other, 'queue') === death.queue && textOf(other, 'reason') === death.reason,
  );
  const latest = before ? counted(before) : firstDeath(message, death);
  headers.set('x-death', fieldOf.array([latest, ...deaths.filter((other) => other !== before)]));
  if (!message.headers.has('x-death')) {
    headers.set('x-first-death-reason', fieldOf.longstr(death.reason));
    headers.set('x-first-death-queue', fieldOf.longstr(death.queue));
    headers.set('x-first-death-exchange', fieldOf.longstr(message.exchange));
  }
  return headers;
}

function firstDeath(message: Message, death: Death): Field {
  const openKeys = message.copyKeys.length === 0 ? [] : openKeysOf(message.headers);
  const record = new Map([
    ['count', fieldOf.long(1)],
    ['reason', fieldOf.longstr(death.reason)],
    ['queue', fieldOf.longstr(death.queue)],
    ['time', fieldOf.timestamp(death.time)],
    ['exchange', fieldOf.longstr(message.exchange)],
    ['routing-keys', fieldOf.array([message.routingKey, ...openKeys].map(fieldOf.longstr))],
  ]);
  if (message.expiration !== undefined)
    record.set('original-expiration', fieldOf.longstr(String(message.expiration)));
  return fieldOf.table(record);
}

function counted(death: Field): Field {
  const record = new Map(death.value as FieldTable);
  const count = record.get('count')?.value;
  // A client may have written it, and anything into it.
  const isCount = Number.isSafeInteger(count) && (count as number) >= 0;
  record.set('count', fieldOf.long(isCount ? (count as number) + 1 : 1));
  return fieldOf.table(record);
}

/**
 * Whether a dead letter has come round to a queue it died in without any consumer having had a say. RabbitMQ drops
 * such a message there, for it would go round for ever.
 */
export function isAutomaticCycle(message: Message, queue: string): boolean {
  const deaths = deathsOf(message);
  const last = deaths.findIndex((death) => textOf(death, 'queue') === queue);
  return last >= 0 && deaths.slice(0, last + 1).every((death) => textOf(death, 'reason') !== 'rejected');
}

// RabbitMQ turns the list around whenever it groups one of two or more, and the wire shows it.
function groupedDeaths(message: Message): readonly Field[] {
  const deaths = deathsOf(message);
  return deaths.length < 2 ? deaths : [...deaths].reverse();
}

function deathsOf(message: Message): readonly Field[] {
  const field = message.headers.get('x-death');
  return field?.type === 'array'
    ? (field.value as readonly Field[]).filter(({ type }) => type === 'table')
    : [];
}

function textOf(death: Field, key: string): unknown {
  return (death.value as FieldTable).get(key)?.value;
}
