import type { FieldTable } from './field-table.js';

interface ArgumentTypes {
  octet: number;
  short: number;
  long: number;
  longlong: number;
  bit: boolean;
  shortstr: string;
  longstr: Buffer;
  table: FieldTable;
}

export type ArgumentType = keyof ArgumentTypes;

function method<const A extends Record<string, ArgumentType>>(classId: number, methodId: number, args: A) {
  return { classId, methodId, args };
}

const closing = { code: 'short', text: 'shortstr', classId: 'short', methodId: 'short' } as const;
const limits = { channelMax: 'short', frameMax: 'long', heartbeat: 'short' } as const;
const queueBinding = {
  ticket: 'short',
  queue: 'shortstr',
  exchange: 'shortstr',
  routingKey: 'shortstr',
} as const;
const exchangeBinding = {
  ticket: 'short',
  destination: 'shortstr',
  source: 'shortstr',
  routingKey: 'shortstr',
  noWait: 'bit',
  arguments: 'table',
} as const;
const route = { exchange: 'shortstr', routingKey: 'shortstr' } as const;

/** The methods of AMQP 0-9-1 with RabbitMQ's additions, as a client or this server sends them. */
export const methods = {
  'connection.start': method(10, 10, {
    major: 'octet',
    minor: 'octet',
    serverProperties: 'table',
    mechanisms: 'longstr',
    locales: 'longstr',
  }),
  'connection.start-ok': method(10, 11, {
    clientProperties: 'table',
    mechanism: 'shortstr',
    response: 'longstr',
    locale: 'shortstr',
  }),
  'connection.tune': method(10, 30, limits),
  'connection.tune-ok': method(10, 31, limits),
  'connection.open': method(10, 40, { vhost: 'shortstr', capabilities: 'shortstr', insist: 'bit' }),
  'connection.open-ok': method(10, 41, { knownHosts: 'shortstr' }),
  'connection.close': method(10, 50, closing),
  'connection.close-ok': method(10, 51, {}),
  'connection.blocked': method(10, 60, { reason: 'shortstr' }),
  'connection.unblocked': method(10, 61, {}),
  'connection.update-secret': method(10, 70, { secret: 'longstr', reason: 'shortstr' }),
  'connection.update-secret-ok': method(10, 71, {}),
  'channel.open': method(20, 10, { reserved: 'shortstr' }),
  'channel.open-ok': method(20, 11, { reserved: 'longstr' }),
  'channel.flow': method(20, 20, { active: 'bit' }),
  'channel.flow-ok': method(20, 21, { active: 'bit' }),
  'channel.close': method(20, 40, closing),
  'channel.close-ok': method(20, 41, {}),
  'exchange.declare': method(40, 10, {
    ticket: 'short',
    exchange: 'shortstr',
    type: 'shortstr',
    passive: 'bit',
    durable: 'bit',
    autoDelete: 'bit',
    internal: 'bit',
    noWait: 'bit',
    arguments: 'table',
  }),
  'exchange.declare-ok': method(40, 11, {}),
  'exchange.delete': method(40, 20, {
    ticket: 'short',
    exchange: 'shortstr',
    ifUnused: 'bit',
    noWait: 'bit',
  }),
  'exchange.delete-ok': method(40, 21, {}),
  'exchange.bind': method(40, 30, exchangeBinding),
  'exchange.bind-ok': method(40, 31, {}),
  'exchange.unbind': method(40, 40, exchangeBinding),
  'exchange.unbind-ok': method(40, 51, {}),
  'queue.declare': method(50, 10, {
    ticket: 'short',
    queue: 'shortstr',
    passive: 'bit',
    durable: 'bit',
    exclusive: 'bit',
    autoDelete: 'bit',
    noWait: 'bit',
    arguments: 'table',
  }),
  'queue.declare-ok': method(50, 11, { queue: 'shortstr', messageCount: 'long', consumerCount: 'long' }),
  'queue.bind': method(50, 20, { ...queueBinding, noWait: 'bit', arguments: 'table' }),
  'queue.bind-ok': method(50, 21, {}),
  'queue.unbind': method(50, 50, { ...queueBinding, arguments: 'table' }),
  'queue.unbind-ok': method(50, 51, {}),
  'queue.purge': method(50, 30, { ticket: 'short', queue: 'shortstr', noWait: 'bit' }),
  'queue.purge-ok': method(50, 31, { messageCount: 'long' }),
  'queue.delete': method(50, 40, {
    ticket: 'short',
    queue: 'shortstr',
    ifUnused: 'bit',
    ifEmpty: 'bit',
    noWait: 'bit',
  }),
  'queue.delete-ok': method(50, 41, { messageCount: 'long' }),
  'basic.qos': method(60, 10, { prefetchSize: 'long', prefetchCount: 'short', global: 'bit' }),
  'basic.qos-ok': method(60, 11, {}),
  'basic.consume': method(60, 20, {
    ticket: 'short',
    queue: 'shortstr',
    consumerTag: 'shortstr',
    noLocal: 'bit',
    noAck: 'bit',
    exclusive: 'bit',
    noWait: 'bit',
    arguments: 'table',
  }),
  'basic.consume-ok': method(60, 21, { consumerTag: 'shortstr' }),
  'basic.cancel': method(60, 30, { consumerTag: 'shortstr', noWait: 'bit' }),
  'basic.cancel-ok': method(60, 31, { consumerTag: 'shortstr' }),
  'basic.publish': method(60, 40, { ticket: 'short', ...route, mandatory: 'bit', immediate: 'bit' }),
  'basic.return': method(60, 50, { code: 'short', text: 'shortstr', ...route }),
  'basic.deliver': method(60, 60, {
    consumerTag: 'shortstr',
    deliveryTag: 'longlong',
    redelivered: 'bit',
    ...route,
  }),
  'basic.get': method(60, 70, { ticket: 'short', queue: 'shortstr', noAck: 'bit' }),
  'basic.get-ok': method(60, 71, {
    deliveryTag: 'longlong',
    redelivered: 'bit',
    ...route,
    messageCount: 'long',
  }),
  'basic.get-empty': method(60, 72, { reserved: 'shortstr' }),
  'basic.ack': method(60, 80, { deliveryTag: 'longlong', multiple: 'bit' }),
  'basic.reject': method(60, 90, { deliveryTag: 'longlong', requeue: 'bit' }),
  'basic.recover-async': method(60, 100, { requeue: 'bit' }),
  'basic.recover': method(60, 110, { requeue: 'bit' }),
  'basic.recover-ok': method(60, 111, {}),
  'basic.nack': method(60, 120, { deliveryTag: 'longlong', multiple: 'bit', requeue: 'bit' }),
  'confirm.select': method(85, 10, { noWait: 'bit' }),
  'confirm.select-ok': method(85, 11, {}),
};

export type MethodName = keyof typeof methods;

export type MethodArguments<N extends MethodName> = {
  [K in keyof (typeof methods)[N]['args']]: ArgumentTypes[(typeof methods)[N]['args'][K] & ArgumentType];
};

/** A method and its arguments; `name` tells them apart. */
export type Method<N extends MethodName = MethodName> = {
  [K in N]: { readonly name: K; readonly args: MethodArguments<K> };
}[N];
