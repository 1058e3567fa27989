import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  channel,
  confirmChannel,
  connection,
  fill,
  Inbox,
  newQueue,
  publish,
  ready,
} from '../../support/broker-client.js';
import type { Contract } from './subject.js';

const singleActive = { arguments: { 'x-single-active-consumer': true } };

export const consumers: Contract = (subject) =>
  suite('consumers', () => {
    test('of single active consumers the next one takes over after a cancel', async (t) => {
      const conn = await connection(t, subject);
      const ch = await conn.createConfirmChannel();
      const queue = await newQueue(ch, singleActive);
      const [one, two] = [await conn.createChannel(), await conn.createChannel()];
      const [first, second] = [await Inbox.open(one, queue), await Inbox.open(two, queue)];
      await fill(ch, queue, 'abc');
      await first.first(3);
      one.ackAll();

      await one.cancel(first.consumerTag);
      await fill(ch, queue, 'd');

      await second.first(1);
      assert.deepEqual(second.bodies, ['d']);
    });

    test('when the single active consumer goes, the next one gets what it had, in order', async (t) => {
      const conn = await connection(t, subject);
      const ch = await conn.createConfirmChannel();
      const queue = await newQueue(ch, singleActive);
      const [one, two] = [await conn.createChannel(), await conn.createChannel()];
      await one.prefetch(3);
      const [first, second] = [await Inbox.open(one, queue), await Inbox.open(two, queue)];
      await fill(ch, queue, '01234');
      const [message] = await first.first(3);
      one.ack(message as never);
      await first.first(4);

      await one.close();

      await second.first(4);
      assert.deepEqual(second.bodies, ['1', '2', '3', '4']);
      assert.deepEqual(
        second.messages.map((one) => one?.fields.redelivered),
        [true, true, true, false],
      );
    });

    test('a consumer of higher priority is served first, others when it is busy', async (t) => {
      const conn = await connection(t, subject);
      const ch = await conn.createConfirmChannel();
      const queue = await newQueue(ch);
      const [one, two] = [await conn.createChannel(), await conn.createChannel()];
      await one.prefetch(2);
      await two.prefetch(2);
      const low = await Inbox.open(one, queue, { priority: -1 });
      const high = await Inbox.open(two, queue, { priority: 10 });

      await fill(ch, queue, 'abc');

      await high.first(2);
      await low.first(1);
      assert.deepEqual([high.bodies, low.bodies], [['a', 'b'], ['c']]);
    });

    test('an exclusive consumer is alone', async (t) => {
      const ch = await channel(t, subject);
      const queue = await newQueue(ch);
      const inbox = await Inbox.open(ch, queue, { exclusive: true });
      const other = await channel(t, subject);
      await assert.rejects(Inbox.open(other, queue), /ACCESS_REFUSED/);

      await ch.cancel(inbox.consumerTag);

      await Inbox.open(await channel(t, subject), queue);
    });

    test('remote calls work over an exclusive reply queue', async (t) => {
      const server = await channel(t, subject);
      const queue = await newQueue(server);
      await server.consume(queue, (message) => {
        if (!message) return;
        const { replyTo, correlationId } = message.properties;
        server.sendToQueue(replyTo, Buffer.from(`re: ${message.content}`), { correlationId });
        server.ack(message);
      });
      const client = await confirmChannel(t, subject);
      const replies = (await client.assertQueue('', { exclusive: true })).queue;
      const inbox = await Inbox.open(client, replies, { noAck: true });

      for (const id of ['1', '2', '3'])
        await publish(client, '', queue, id, { replyTo: replies, correlationId: id });

      const answers = await inbox.first(3);
      for (const { content, properties } of answers)
        assert.equal(String(content), `re: ${properties.correlationId}`);
    });

    test('remote calls work without a reply queue', async (t) => {
      const server = await channel(t, subject);
      const queue = await newQueue(server);
      const seen: string[] = [];
      await server.consume(queue, (message) => {
        if (!message) return;
        const { replyTo, correlationId } = message.properties;
        seen.push(replyTo);
        server.sendToQueue(replyTo, Buffer.from('pong'), { correlationId });
        server.ack(message);
      });
      const client = await confirmChannel(t, subject);
      const inbox = await Inbox.open(client, 'amq.rabbitmq.reply-to', { noAck: true });

      await publish(client, '', queue, 'ping', { replyTo: 'amq.rabbitmq.reply-to', correlationId: '7' });

      const [answer] = await inbox.first(1);
      assert.equal(answer?.properties.correlationId, '7');
      assert.match(seen[0] as string, /^amq\.rabbitmq\.reply-to\../);
      const declared = await server.checkQueue(seen[0] as string);
      assert.deepEqual(declared, { queue: seen[0], messageCount: 0, consumerCount: 1 });
    });

    test('a consumer that does not acknowledge leaves nothing behind', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      const inbox = await Inbox.open(ch, queue, { noAck: true });
      await fill(ch, queue, 'abc');
      await inbox.first(3);

      await ch.cancel(inbox.consumerTag);

      await ch.recover();
      await ready(ch, queue, 0);
    });
  });
