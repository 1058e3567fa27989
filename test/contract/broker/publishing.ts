import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import type { Message, MessageFields } from 'amqplib';
import {
  channel,
  confirmChannel,
  connection,
  fill,
  newExchange,
  newQueue,
  next,
  publish,
  ready,
  unique,
} from '../../support/broker-client.js';
import type { Contract } from './subject.js';

/** amqplib's types do not know what is special about a returned message. */
interface Returned extends Message {
  readonly fields: MessageFields & { readonly replyCode: number; readonly replyText: string };
}

export const publishing: Contract = (subject) =>
  suite('publishing', () => {
    test('every message is confirmed', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      let confirmed = 0;
      for (let at = 0; at < 100; at++)
        ch.sendToQueue(queue, Buffer.from('x'), { persistent: at % 2 === 0 }, (error) => {
          assert.equal(error, null);
          confirmed++;
        });

      await ch.waitForConfirms();

      assert.equal(confirmed, 100);
      assert.equal((await ch.checkQueue(queue)).messageCount, 100);
    });

    test('a message that leads nowhere is confirmed all the same', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'topic');

      await publish(ch, exchange, 'nobody', 'x');
    });

    test('a mandatory message that leads nowhere comes back before its confirm', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'topic');
      const events: unknown[] = [];
      ch.on('return', ({ fields, properties, content }: Returned) =>
        events.push([
          fields.replyCode,
          fields.replyText,
          fields.routingKey,
          properties.messageId,
          content.toString(),
        ]),
      );

      await publish(ch, exchange, 'nobody', 'x', { mandatory: true, messageId: 'id' });

      events.push('confirmed');
      assert.deepEqual(events, [[312, 'NO_ROUTE', 'nobody', 'id', 'x'], 'confirmed']);
    });

    test('what comes back does so on the channel it was published on', async (t) => {
      const conn = await connection(t, subject);
      const [one, two] = [await conn.createConfirmChannel(), await conn.createConfirmChannel()];
      const returns: string[] = [];
      one.on('return', () => returns.push('one'));
      two.on('return', () => returns.push('two'));

      await publish(two, '', unique('missing'), 'x', { mandatory: true });

      await one.checkExchange('amq.topic');
      assert.deepEqual(returns, ['two']);
    });

    test('a mandatory message to a queue that is missing comes back, and the channel lives', async (t) => {
      const ch = await channel(t, subject);
      const returned = once(ch, 'return');

      ch.publish('', unique('missing'), Buffer.from('x'), { mandatory: true });

      const [message] = await returned;
      assert.equal(message.fields.replyCode, 312);
      await newQueue(ch);
    });

    test('a message to a queue that is missing is dropped in silence', async (t) => {
      const ch = await channel(t, subject);

      ch.sendToQueue(unique('missing'), Buffer.from('x'));

      await newQueue(ch);
    });

    test('a full queue that rejects nacks the publisher', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch, { maxLength: 2, arguments: { 'x-overflow': 'reject-publish' } });
      await fill(ch, queue, 'ab');

      await assert.rejects(publish(ch, '', queue, 'c'));

      assert.equal((await ch.checkQueue(queue)).messageCount, 2);
      await next(ch, queue);
      await publish(ch, '', queue, 'd');
    });

    test('one queue that rejects is enough for a nack; the other has its copy', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'fanout');
      const full = await newQueue(ch, { maxLength: 0, arguments: { 'x-overflow': 'reject-publish' } });
      const open = await newQueue(ch);
      for (const queue of [full, open]) await ch.bindQueue(queue, exchange, '');

      await assert.rejects(publish(ch, exchange, '', 'x'));

      await ready(ch, open, 1);
    });

    test('what a full queue rejects may be dead-lettered', async (t) => {
      const ch = await confirmChannel(t, subject);
      const dead = await newQueue(ch);
      const queue = await newQueue(ch, {
        maxLength: 1,
        deadLetterExchange: '',
        deadLetterRoutingKey: dead,
        arguments: { 'x-overflow': 'reject-publish-dlx' },
      });
      await fill(ch, queue, 'a');

      await assert.rejects(publish(ch, '', queue, 'b'));

      const message = await next(ch, dead);
      assert.equal(message.content.toString(), 'b');
      assert.equal(message.properties.headers?.['x-death']?.[0]?.reason, 'maxlen');
    });

    test('a queue may be limited in bytes', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch, { arguments: { 'x-max-length-bytes': 10 } });

      await fill(ch, queue, ['1234', '5678', '9']);
      await ready(ch, queue, 3);
      await fill(ch, queue, ['abc']);

      assert.equal((await next(ch, queue)).content.toString(), '5678');
    });
  });
