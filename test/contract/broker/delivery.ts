import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  channel,
  confirmChannel,
  connection,
  fill,
  Inbox,
  newQueue,
  next,
  publish,
  quiet,
  ready,
} from '../../support/broker-client.js';
import type { Contract } from './subject.js';

export const delivery: Contract = (subject) =>
  suite('delivery', () => {
    test('properties and headers arrive as they were sent', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      const headers = {
        int: 1,
        negative: -5,
        large: 2 ** 40,
        float: 1.5,
        text: 'ä',
        bool: true,
        nothing: null,
        table: { list: [1, 'two', { three: 3 }] },
        bytes: Buffer.from([1, 2]),
      };
      const properties = {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        correlationId: 'correlation',
        replyTo: 'reply',
        messageId: 'message',
        type: 'type',
        appId: 'app',
        priority: 3,
        timestamp: 1_700_000_000,
        headers,
      };

      await publish(ch, '', queue, 'body', {
        ...properties,
        persistent: true,
        expiration: 60_000,
        userId: 'guest',
      });

      const message = await next(ch, queue);
      const expected = {
        ...properties,
        deliveryMode: 2,
        expiration: '60000',
        userId: 'guest',
        clusterId: undefined,
      };
      assert.deepEqual(message.properties, expected);
    });

    for (const size of [0, 1, 4_088, 131_064, 131_065, 1_000_000])
      test(`a body of ${size} bytes arrives whole`, async (t) => {
        const ch = await confirmChannel(t, subject);
        const queue = await newQueue(ch);
        const body = Buffer.alloc(size, 'micro-framework');

        await publish(ch, '', queue, body);
        await publish(ch, '', queue, 'after');

        assert.ok((await next(ch, queue)).content.equals(body));
        assert.equal((await next(ch, queue)).content.toString(), 'after');
      });

    test('messages reach one consumer in the order they were published', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      const bodies = Array.from({ length: 300 }, (_, at) => String(at));
      const inbox = await Inbox.open(ch, queue, { noAck: true });

      await fill(ch, queue, bodies);

      await inbox.first(300);
      assert.deepEqual(inbox.bodies, bodies);
    });

    test('delivery tags count from 1 on each channel', async (t) => {
      const conn = await connection(t, subject);
      const publisher = await conn.createConfirmChannel();
      const queue = await newQueue(publisher);
      const inboxes: Inbox[] = [];
      for (let at = 0; at < 2; at++) {
        const ch = await conn.createChannel();
        await ch.prefetch(2);
        inboxes.push(await Inbox.open(ch, queue));
      }

      await fill(publisher, queue, 'abcd');

      for (const inbox of inboxes) {
        const tags = (await inbox.first(2)).map((message) => message.fields.deliveryTag);
        assert.deepEqual(tags, [1, 2]);
      }
    });

    test('a prefetch of 2 holds back the third message until one is acknowledged', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'abcde');
      await ch.prefetch(2);

      const inbox = await Inbox.open(ch, queue);
      const [first] = await inbox.first(2);
      await ready(ch, queue, 3);
      assert.equal(inbox.messages.length, 2);
      ch.ack(first as never);

      await inbox.first(3);
      await ready(ch, queue, 2);
    });

    test('prefetch counts for each consumer of a channel', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queues = [await newQueue(ch), await newQueue(ch)];
      for (const queue of queues) await fill(ch, queue, 'abc');
      await ch.prefetch(1);

      for (const queue of queues) await (await Inbox.open(ch, queue)).first(1);

      for (const queue of queues) await ready(ch, queue, 2);
    });

    test('a shared prefetch counts for the channel', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queues = [await newQueue(ch), await newQueue(ch)];
      for (const queue of queues) await fill(ch, queue, 'abc');
      await ch.prefetch(4, true);

      const [first, second] = [
        await Inbox.open(ch, queues[0] as string),
        await Inbox.open(ch, queues[1] as string),
      ];
      await first.first(3);
      await second.first(1);

      await ready(ch, queues[1] as string, 2);
      ch.ack(first.messages[0] as never, false);
      await second.first(2);
    });

    test('equal consumers take turns', async (t) => {
      const conn = await connection(t, subject);
      const publisher = await conn.createConfirmChannel();
      const queue = await newQueue(publisher);
      const inboxes = [];
      for (let at = 0; at < 3; at++) inboxes.push(await Inbox.open(await conn.createChannel(), queue));

      await fill(publisher, queue, '123456789');

      for (const inbox of inboxes) await inbox.first(3);
      assert.deepEqual(inboxes.map((inbox) => inbox.bodies.join('')).sort(), ['147', '258', '369']);
    });

    test('get takes one message and tells how many are left', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      assert.equal(await ch.get(queue), false);
      await fill(ch, queue, 'abc');

      const message = await next(ch, queue, false);

      assert.equal((message.fields as unknown as { messageCount: number }).messageCount, 2);
      assert.equal((await ch.checkQueue(queue)).messageCount, 2);
    });

    test('a consumer is told when its queue is deleted', async (t) => {
      const conn = await connection(t, subject);
      const ch = quiet(await conn.createChannel());
      const queue = await newQueue(ch);
      const inbox = await Inbox.open(await conn.createChannel(), queue);

      await ch.deleteQueue(queue);

      await inbox.first(1);
      assert.deepEqual(inbox.messages, [null]);
    });

    test('a cancelled consumer keeps what it has and gets nothing more', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'a');
      const inbox = await Inbox.open(ch, queue);
      const [message] = await inbox.first(1);

      await ch.cancel(inbox.consumerTag);
      await fill(ch, queue, 'b');

      await ready(ch, queue, 1);
      ch.ack(message as never);
      assert.equal((await next(ch, queue)).content.toString(), 'b');
    });

    test('a channel that reads nothing does not keep others waiting', async (t) => {
      const ch = await confirmChannel(t, subject);
      const [stuck, free] = [await newQueue(ch), await newQueue(ch)];
      const idle = await channel(t, subject);
      await idle.prefetch(1);
      await Inbox.open(idle, stuck);
      const inbox = await Inbox.open(ch, free, { noAck: true });

      await fill(ch, stuck, 'abc');
      await fill(ch, free, 'abc');

      await inbox.first(3);
    });
  });
