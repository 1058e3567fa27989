import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Channel, connect, type Options } from 'amqplib';
import { closedBy, confirmChannel, connection, fill, quiet, unique } from '../../support/broker-client.js';
import type { Contract } from './subject.js';

interface Mistake {
  readonly title: string;
  /** `q` is a queue with a TTL of 1000 that holds one message, `x` a topic exchange bound to it, both durable. */
  act(ch: Channel, q: string, x: string): unknown;
  /** `{q}` and `{x}` stand for the names. */
  readonly says: string;
}

const locked =
  "405 RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{q}' in vhost '/'. It could be originally " +
  'declared on another connection or the exclusive property value does not match that of the original declaration.';

const inequivalent = (arg: string, kind: 'queue' | 'exchange', differs: string): string =>
  `406 PRECONDITION_FAILED - inequivalent arg '${arg}' for ${kind} '{${kind[0] === 'q' ? 'q' : 'x'}}' in vhost '/': ${differs}`;

const declared = (options: Options.AssertQueue): Mistake['act'] => {
  return (ch, q) => ch.assertQueue(q, { durable: true, messageTtl: 1000, ...options });
};

const fresh = (args: object): Mistake['act'] => {
  return (ch, q) => ch.assertQueue(`${q}.new`, { durable: true, arguments: args });
};

const invalid = (arg: string, detail: string): string =>
  `406 PRECONDITION_FAILED - invalid arg '${arg}' for queue '{q}.new' in vhost '/': ${detail}`;

const ack = { fields: { deliveryTag: 7 } } as never;
const nothing = (): void => {};

const channelMistakes: Mistake[] = [
  {
    title: 'a missing queue is checked',
    act: (ch) => ch.checkQueue('none'),
    says: "404 NOT_FOUND - no queue 'none' in vhost '/'",
  },
  {
    title: 'a missing queue is consumed',
    act: (ch) => ch.consume('none', nothing),
    says: "404 NOT_FOUND - no queue 'none' in vhost '/'",
  },
  {
    title: 'a missing queue is purged',
    act: (ch) => ch.purgeQueue('none'),
    says: "404 NOT_FOUND - no queue 'none' in vhost '/'",
  },
  {
    title: 'a missing queue is read',
    act: (ch) => ch.get('none'),
    says: "404 NOT_FOUND - no queue 'none' in vhost '/'",
  },
  {
    title: 'no queue is named and none was declared',
    act: (ch) => ch.get(''),
    says: '404 NOT_FOUND - no previously declared queue',
  },
  {
    title: 'a missing exchange is checked',
    act: (ch) => ch.checkExchange('none'),
    says: "404 NOT_FOUND - no exchange 'none' in vhost '/'",
  },
  {
    title: 'a missing exchange is published to',
    act: (ch) => ch.publish('none', 'k', Buffer.from('x')),
    says: "404 NOT_FOUND - no exchange 'none' in vhost '/'",
  },
  {
    title: 'a missing exchange is bound',
    act: (ch, q) => ch.bindQueue(q, 'none', 'k'),
    says: "404 NOT_FOUND - no exchange 'none' in vhost '/'",
  },
  {
    title: 'a missing queue is bound',
    act: (ch, _q, x) => ch.bindQueue('none', x, 'k'),
    says: "404 NOT_FOUND - no queue 'none' in vhost '/'",
  },
  {
    title: 'a missing exchange is bound to another',
    act: (ch, _q, x) => ch.bindExchange('none', x, 'k'),
    says: "404 NOT_FOUND - no exchange 'none' in vhost '/'",
  },
  {
    title: 'the default exchange is bound',
    act: (ch, q) => ch.bindQueue(q, '', 'k'),
    says: '403 ACCESS_REFUSED - operation not permitted on the default exchange',
  },
  {
    title: 'the default exchange is deleted',
    act: (ch) => ch.deleteExchange(''),
    says: '403 ACCESS_REFUSED - operation not permitted on the default exchange',
  },
  {
    title: 'a built-in exchange is deleted',
    act: (ch) => ch.deleteExchange('amq.topic'),
    says: "403 ACCESS_REFUSED - deletion of system exchange 'amq.topic' in vhost '/' not allowed",
  },
  {
    title: 'an exchange takes a reserved name',
    act: (ch) => ch.assertExchange('amq.mine', 'topic'),
    says: "403 ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'",
  },
  {
    title: 'a queue takes a reserved name',
    act: (ch) => ch.assertQueue('amq.mine'),
    says: "403 ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'",
  },
  {
    title: 'an exchange is declared with another type',
    act: (ch, _q, x) => ch.assertExchange(x, 'direct'),
    says: inequivalent('type', 'exchange', "received 'direct' but current is 'topic'"),
  },
  {
    title: 'an exchange is declared less durable',
    act: (ch, _q, x) => ch.assertExchange(x, 'topic', { durable: false }),
    says: inequivalent('durable', 'exchange', "received 'false' but current is 'true'"),
  },
  {
    title: 'an exchange is declared auto-delete',
    act: (ch, _q, x) => ch.assertExchange(x, 'topic', { autoDelete: true }),
    says: inequivalent('auto_delete', 'exchange', "received 'true' but current is 'false'"),
  },
  {
    title: 'an exchange is declared internal',
    act: (ch, _q, x) => ch.assertExchange(x, 'topic', { internal: true }),
    says: inequivalent('internal', 'exchange', "received 'true' but current is 'false'"),
  },
  {
    title: 'an exchange is declared with an alternate',
    act: (ch, _q, x) => ch.assertExchange(x, 'topic', { alternateExchange: 'a' }),
    says: inequivalent(
      'alternate-exchange',
      'exchange',
      "received the value 'a' of type 'longstr' but current is none",
    ),
  },
  {
    title: 'an exchange is deleted only if unused',
    act: (ch, _q, x) => ch.deleteExchange(x, { ifUnused: true }),
    says: "406 PRECONDITION_FAILED - exchange '{x}' in vhost '/' in use",
  },
  {
    title: 'a queue is declared with another TTL',
    act: declared({ messageTtl: 2000 }),
    says: inequivalent('x-message-ttl', 'queue', "received '2000' but current is '1000'"),
  },
  {
    title: 'a queue is declared without its TTL',
    act: (ch, q) => ch.assertQueue(q, { durable: true }),
    says: inequivalent(
      'x-message-ttl',
      'queue',
      "received none but current is the value '1000' of type 'short'",
    ),
  },
  {
    title: 'a queue is declared with more than it has',
    act: declared({ deadLetterExchange: 'a' }),
    says: inequivalent(
      'x-dead-letter-exchange',
      'queue',
      "received the value 'a' of type 'longstr' but current is none",
    ),
  },
  {
    title: 'a queue is declared less durable',
    act: declared({ durable: false }),
    says: inequivalent('durable', 'queue', "received 'false' but current is 'true'"),
  },
  {
    title: 'a queue is declared auto-delete',
    act: declared({ autoDelete: true }),
    says: inequivalent('auto_delete', 'queue', "received 'true' but current is 'false'"),
  },
  { title: 'a queue is declared exclusive', act: declared({ exclusive: true }), says: locked },
  {
    title: 'a queue is deleted only if empty',
    act: (ch, q) => ch.deleteQueue(q, { ifEmpty: true }),
    says: "406 PRECONDITION_FAILED - queue '{q}' in vhost '/' not empty",
  },
  {
    title: 'a queue in use is deleted only if unused',
    act: async (ch, q) => {
      await ch.consume(q, nothing);
      await ch.deleteQueue(q, { ifUnused: true });
    },
    says: "406 PRECONDITION_FAILED - queue '{q}' in vhost '/' in use",
  },
  {
    title: 'a second consumer wants to be exclusive',
    act: async (ch, q) => {
      await ch.consume(q, nothing);
      await ch.consume(q, nothing, { exclusive: true });
    },
    says: "403 ACCESS_REFUSED - queue '{q}' in vhost '/' in exclusive use",
  },
  {
    title: 'a second consumer joins an exclusive one',
    act: async (ch, q) => {
      await ch.consume(q, nothing, { exclusive: true });
      await ch.consume(q, nothing);
    },
    says: "403 ACCESS_REFUSED - queue '{q}' in vhost '/' in exclusive use",
  },
  {
    title: 'a consumer has a priority that is no number',
    act: (ch, q) => ch.consume(q, nothing, { arguments: { 'x-priority': 'a' } }),
    says: `406 PRECONDITION_FAILED - invalid arg 'x-priority' for queue '{q}' in vhost '/': "expected integer, got longstr"`,
  },
  {
    title: 'an unknown tag is acknowledged',
    act: (ch) => ch.ack(ack),
    says: '406 PRECONDITION_FAILED - unknown delivery tag 7',
  },
  {
    title: 'unknown tags are acknowledged',
    act: (ch) => ch.ack(ack, true),
    says: '406 PRECONDITION_FAILED - unknown delivery tag 7',
  },
  {
    title: 'an unknown tag is nacked',
    act: (ch) => ch.nack(ack),
    says: '406 PRECONDITION_FAILED - unknown delivery tag 7',
  },
  {
    title: 'an unknown tag is rejected',
    act: (ch) => ch.reject(ack),
    says: '406 PRECONDITION_FAILED - unknown delivery tag 7',
  },
  {
    title: 'an internal exchange is published to',
    act: async (ch, _q, x) => {
      await ch.assertExchange(`${x}.in`, 'fanout', { internal: true, autoDelete: true });
      ch.publish(`${x}.in`, '', Buffer.from('x'));
    },
    says: "403 ACCESS_REFUSED - cannot publish to internal exchange '{x}.in' in vhost '/'",
  },
  {
    title: 'an expiration is no number',
    act: (ch, q) => ch.sendToQueue(q, Buffer.from('x'), { expiration: 'abc' }),
    says: "406 PRECONDITION_FAILED - invalid expiration 'abc': no_integer",
  },
  {
    title: 'an expiration is a fraction',
    act: (ch, q) => ch.sendToQueue(q, Buffer.from('x'), { expiration: '1.5' }),
    says: `406 PRECONDITION_FAILED - invalid expiration '1.5': {leftover_string,".5"}`,
  },
  {
    title: 'an expiration is negative',
    act: (ch, q) => ch.sendToQueue(q, Buffer.from('x'), { expiration: '-1' }),
    says: "406 PRECONDITION_FAILED - invalid expiration '-1': {value_negative,-1}",
  },
  {
    title: 'a user id is not the own one',
    act: (ch, q) => ch.sendToQueue(q, Buffer.from('x'), { userId: 'you' }),
    says: "406 PRECONDITION_FAILED - user_id property set to 'you' but authenticated user was 'guest'",
  },
  {
    title: 'a reply is wanted that nobody consumes',
    act: (ch, q) => ch.sendToQueue(q, Buffer.from('x'), { replyTo: 'amq.rabbitmq.reply-to' }),
    says: '406 PRECONDITION_FAILED - fast reply consumer does not exist',
  },
  {
    title: 'a reply consumer would acknowledge',
    act: (ch) => ch.consume('amq.rabbitmq.reply-to', nothing),
    says: '406 PRECONDITION_FAILED - reply consumer cannot acknowledge',
  },
  {
    title: 'there are two reply consumers',
    act: async (ch) => {
      for (let at = 0; at < 2; at++) await ch.consume('amq.rabbitmq.reply-to', nothing, { noAck: true });
    },
    says: '406 PRECONDITION_FAILED - reply consumer already set',
  },
  {
    title: 'a TTL is negative',
    act: fresh({ 'x-message-ttl': -1 }),
    says: invalid('x-message-ttl', '{value_negative,-1}'),
  },
  {
    title: 'a TTL is a text',
    act: fresh({ 'x-message-ttl': '1' }),
    says: invalid('x-message-ttl', '"expected integer, got longstr"'),
  },
  {
    title: 'a TTL is too large',
    act: fresh({ 'x-message-ttl': 2 ** 40 }),
    says: invalid('x-message-ttl', '{value_too_large,1099511627776}'),
  },
  {
    title: 'an expiry is zero',
    act: fresh({ 'x-expires': 0 }),
    says: invalid('x-expires', '{value_zero,0}'),
  },
  {
    title: 'a maximal length is negative',
    act: fresh({ 'x-max-length': -1 }),
    says: invalid('x-max-length', '{value_negative,-1}'),
  },
  {
    title: 'a highest priority is too high',
    act: fresh({ 'x-max-priority': 300 }),
    says: invalid('x-max-priority', '{max_value_exceeded,300}'),
  },
  {
    title: 'an overflow is unknown',
    act: fresh({ 'x-overflow': 'spill' }),
    says: invalid('x-overflow', 'invalid_overflow'),
  },
  {
    title: 'a queue type is unknown',
    act: fresh({ 'x-queue-type': 'fancy' }),
    says: invalid('x-queue-type', `"unsupported queue type 'fancy'"`),
  },
  {
    title: 'a single active consumer is no flag',
    act: fresh({ 'x-single-active-consumer': 'yes' }),
    says: invalid('x-single-active-consumer', '{unacceptable_type,longstr}'),
  },
  {
    title: 'a dead-letter routing key has no exchange',
    act: fresh({ 'x-dead-letter-routing-key': 'k' }),
    says: invalid('x-dead-letter-routing-key', 'routing_key_but_no_dlx_defined'),
  },
  {
    title: 'a dead-letter exchange is a number',
    act: fresh({ 'x-dead-letter-exchange': 1 }),
    says: "406 PRECONDITION_FAILED - invalid type 'byte' for arg 'x-dead-letter-exchange' in queue '{q}.new' in vhost '/'",
  },
  {
    title: 'a classic queue has a delivery limit',
    act: fresh({ 'x-delivery-limit': 2 }),
    says: "406 PRECONDITION_FAILED - invalid arg 'x-delivery-limit' for queue '{q}.new' in vhost '/' of queue type rabbit_classic_queue",
  },
  {
    title: 'a quorum queue has priorities',
    act: fresh({ 'x-queue-type': 'quorum', 'x-max-priority': 2 }),
    says: "406 PRECONDITION_FAILED - invalid arg 'x-max-priority' for queue '{q}.new' in vhost '/' of queue type rabbit_quorum_queue",
  },
  {
    title: 'a quorum queue is not durable',
    act: (ch, q) => ch.assertQueue(`${q}.new`, { durable: false, arguments: { 'x-queue-type': 'quorum' } }),
    says: "406 PRECONDITION_FAILED - invalid property 'non-durable' for queue '{q}.new' in vhost '/'",
  },
  {
    title: 'a quorum queue is exclusive',
    act: (ch, q) => ch.assertQueue(`${q}.new`, { exclusive: true, arguments: { 'x-queue-type': 'quorum' } }),
    says: "406 PRECONDITION_FAILED - invalid property 'exclusive-owner' for queue '{q}.new' in vhost '/'",
  },
  {
    title: 'an x-match is unknown',
    act: async (ch, q, x) => {
      await ch.assertExchange(`${x}.h`, 'headers', { autoDelete: true });
      await ch.bindQueue(q, `${x}.h`, '', { 'x-match': 'some' });
    },
    says: '406 PRECONDITION_FAILED - Invalid x-match field value <<"some">>; expected all, any, all-with-x, or any-with-x',
  },
];

const connectionMistakes: Mistake[] = [
  {
    title: 'an exchange type is unknown',
    act: (ch, _q, x) => ch.assertExchange(`${x}.new`, 'fancy'),
    says: "503 COMMAND_INVALID - unknown exchange type 'fancy'",
  },
  {
    title: 'a consumer tag is used twice',
    act: async (ch, q) => {
      for (let at = 0; at < 2; at++) await ch.consume(q, nothing, { consumerTag: 'tag' });
    },
    says: "530 NOT_ALLOWED - attempt to reuse consumer tag 'tag'",
  },
];

export const errors: Contract = (subject) =>
  suite('mistakes', () => {
    const prepare = async (
      t: Parameters<typeof connection>[0],
    ): Promise<[queue: string, exchange: string]> => {
      const ch = await confirmChannel(t, subject);
      const { queue } = await ch.assertQueue(unique('q'), { durable: true, messageTtl: 1000 });
      const { exchange } = await ch.assertExchange(unique('x'), 'topic', { durable: true });
      await ch.bindQueue(queue, exchange, 'k');
      await fill(ch, queue, 'a');
      t.after(async () => {
        const cleaner = await connect(subject.url);
        const broom = await cleaner.createChannel();
        await broom.deleteQueue(queue);
        await broom.deleteExchange(exchange);
        await cleaner.close();
      });
      return [queue, exchange];
    };

    for (const { title, act, says } of channelMistakes)
      test(`when ${title}, the channel is closed`, async (t) => {
        const [queue, exchange] = await prepare(t);
        const conn = await connection(t, subject);
        const ch = quiet(await conn.createChannel());

        const { code, text } = await closedBy(ch, () => act(ch, queue, exchange));

        assert.equal(`${code} ${text}`, says.replaceAll('{q}', queue).replaceAll('{x}', exchange));
        await (await conn.createChannel()).checkExchange('amq.topic');
      });

    for (const { title, act, says } of connectionMistakes)
      test(`when ${title}, the connection is closed`, async (t) => {
        const [queue, exchange] = await prepare(t);
        const conn = await connection(t, subject);
        const ch = quiet(await conn.createChannel());

        const { code, text } = await closedBy(conn, () => act(ch, queue, exchange));

        assert.equal(`${code} ${text}`, says);
      });
  });
