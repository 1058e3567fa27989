import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ConsumeMessage } from 'amqplib';
import {
  confirmChannel,
  eventually,
  fill,
  Inbox,
  newExchange,
  newQueue,
  next,
  publish,
  ready,
  unique,
} from '../../support/broker-client.js';
import type { Contract } from './subject.js';

interface Death {
  readonly queue: string;
  readonly reason: string;
  readonly count: number;
  readonly exchange: string;
  readonly 'routing-keys': string[];
  readonly 'original-expiration'?: string;
  readonly time: { readonly '!': string; readonly value: number };
}

const deaths = (message: ConsumeMessage): Death[] =>
  (message.properties.headers?.['x-death'] ?? []) as Death[];

export const deadLetters: Contract = (subject) =>
  suite('expiry and dead letters', () => {
    test('messages expire in a queue that nobody consumes', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch, { messageTtl: 60 });
      await fill(ch, queue, 'abc');

      await ready(ch, queue, 0);
    });

    test('a TTL of 0 means now or never', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch, { messageTtl: 0 });
      await publish(ch, '', queue, 'never');
      assert.equal((await ch.checkQueue(queue)).messageCount, 0);
      const inbox = await Inbox.open(ch, queue, { noAck: true });

      await publish(ch, '', queue, 'now');

      await inbox.first(1);
      assert.deepEqual(inbox.bodies, ['now']);
    });

    test('a message waits in one queue and comes back to another', async (t) => {
      const ch = await confirmChannel(t, subject);
      const work = await newQueue(ch);
      const wait = await newQueue(ch, {
        messageTtl: 150,
        deadLetterExchange: '',
        deadLetterRoutingKey: work,
      });
      const inbox = await Inbox.open(ch, work, { noAck: true });
      const start = Date.now();

      await publish(ch, '', wait, 'x');

      await inbox.first(1);
      assert.ok(Date.now() - start >= 145, `came after ${Date.now() - start} ms`);
    });

    test('the shorter of the message and the queue TTL counts, and the message loses its own', async (t) => {
      const ch = await confirmChannel(t, subject);
      const dead = await newQueue(ch);
      const wait = await newQueue(ch, {
        messageTtl: 60_000,
        deadLetterExchange: '',
        deadLetterRoutingKey: dead,
      });

      await publish(ch, '', wait, 'x', { expiration: 50 });

      const message = await next(ch, dead);
      assert.equal(message.properties.expiration, undefined);
      assert.equal(deaths(message)[0]?.['original-expiration'], '50');
    });

    test('a short TTL waits behind a long one', async (t) => {
      const ch = await confirmChannel(t, subject);
      const dead = await newQueue(ch);
      const wait = await newQueue(ch, { deadLetterExchange: '', deadLetterRoutingKey: dead });

      await publish(ch, '', wait, 'long', { expiration: 250 });
      await publish(ch, '', wait, 'short', { expiration: 10 });

      const inbox = await Inbox.open(ch, dead, { noAck: true });
      await inbox.first(2);
      assert.deepEqual(inbox.bodies, ['long', 'short']);
    });

    test('a death is recorded, and counted when it happens again', async (t) => {
      const ch = await confirmChannel(t, subject);
      const work = await newQueue(ch);
      const wait = await newQueue(ch, { messageTtl: 20, deadLetterExchange: '', deadLetterRoutingKey: work });
      await publish(ch, '', wait, 'x', { headers: { keep: 1 } });

      const first = await next(ch, work);
      await publish(ch, '', wait, 'x', { headers: first.properties.headers });
      const second = await next(ch, work);

      const { headers } = first.properties;
      assert.equal(headers?.keep, 1);
      assert.equal(headers?.['x-first-death-queue'], wait);
      assert.equal(headers?.['x-first-death-reason'], 'expired');
      assert.equal(headers?.['x-first-death-exchange'], '');
      const { time, ...death } = deaths(first)[0] as Death;
      const expected = { count: 1, reason: 'expired', queue: wait, exchange: '', 'routing-keys': [wait] };
      assert.deepEqual(death, expected);
      assert.ok(Math.abs(time.value - Date.now() / 1000) < 5);
      assert.deepEqual(
        deaths(second).map(({ count }) => count),
        [2],
      );
    });

    test('a rejected message keeps its routing key unless the queue has another', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'topic');
      const dead = await newQueue(ch);
      await ch.bindQueue(dead, exchange, '#');
      const queue = await newQueue(ch, { deadLetterExchange: exchange });
      await fill(ch, queue, 'a');

      ch.nack((await next(ch, queue, false)) as never, false, false);

      const message = await next(ch, dead);
      assert.equal(message.fields.exchange, exchange);
      assert.equal(message.fields.routingKey, queue);
      assert.equal(message.fields.redelivered, false);
      assert.equal(deaths(message)[0]?.reason, 'rejected');
    });

    test('deaths in several queues are all there, the latest first', async (t) => {
      const ch = await confirmChannel(t, subject);
      const last = await newQueue(ch);
      const second = await newQueue(ch, {
        messageTtl: 20,
        deadLetterExchange: '',
        deadLetterRoutingKey: last,
      });
      const first = await newQueue(ch, { deadLetterExchange: '', deadLetterRoutingKey: second });
      await fill(ch, first, 'a');

      ch.nack((await next(ch, first, false)) as never, false, false);

      const message = await next(ch, last);
      assert.deepEqual(
        deaths(message).map((death) => [death.queue, death.reason]),
        [
          [second, 'expired'],
          [first, 'rejected'],
        ],
      );
      assert.equal(message.properties.headers?.['x-first-death-queue'], first);
    });

    test('from the third death on, the earlier ones are turned around', async (t) => {
      const ch = await confirmChannel(t, subject);
      const last = await newQueue(ch);
      const queues: string[] = [];
      for (let at = 0; at < 4; at++) {
        const deadLetterRoutingKey = queues[0] ?? last;
        queues.unshift(await newQueue(ch, { messageTtl: 10, deadLetterExchange: '', deadLetterRoutingKey }));
      }

      await publish(ch, '', queues[0] as string, 'x');

      const order = deaths(await next(ch, last)).map(({ queue }) => queues.indexOf(queue));
      assert.deepEqual(order, [3, 1, 0, 2]);
    });

    test('a full queue drops its oldest message, which is dead-lettered', async (t) => {
      const ch = await confirmChannel(t, subject);
      const dead = await newQueue(ch);
      const queue = await newQueue(ch, { maxLength: 2, deadLetterExchange: '', deadLetterRoutingKey: dead });

      await fill(ch, queue, 'abc');

      const message = await next(ch, dead);
      assert.equal(message.content.toString(), 'a');
      assert.equal(deaths(message)[0]?.reason, 'maxlen');
      await ready(ch, queue, 2);
    });

    test('a message that goes round by expiry alone is dropped', async (t) => {
      const ch = await confirmChannel(t, subject);
      const last = await newQueue(ch, { messageTtl: 20 });
      const first = await newQueue(ch, {
        messageTtl: 20,
        deadLetterExchange: '',
        deadLetterRoutingKey: last,
      });
      await ch.deleteQueue(last);
      await ch.assertQueue(last, { messageTtl: 20, deadLetterExchange: '', deadLetterRoutingKey: first });

      await publish(ch, '', first, 'x');

      await eventually('both queues to be empty', async () => {
        const counts = [await ch.checkQueue(first), await ch.checkQueue(last)];
        return counts.every(({ messageCount }) => messageCount === 0);
      });
    });

    test('a message that a consumer rejected may go round', async (t) => {
      const ch = await confirmChannel(t, subject);
      const wait = await newQueue(ch, { messageTtl: 20 });
      const work = await newQueue(ch, { deadLetterExchange: '', deadLetterRoutingKey: wait });
      await ch.deleteQueue(wait);
      await ch.assertQueue(wait, { messageTtl: 20, deadLetterExchange: '', deadLetterRoutingKey: work });
      await publish(ch, '', work, 'x');

      for (let round = 0; round < 3; round++) ch.nack((await next(ch, work, false)) as never, false, false);

      const message = await next(ch, work);
      assert.deepEqual(
        deaths(message).map(({ queue, count }) => [queue, count]),
        [
          [wait, 3],
          [work, 3],
        ],
      );
    });

    test('a message that comes back to a full queue finds the room that its consumer has made', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = unique('round');
      await ch.assertQueue(queue, { maxLength: 2, deadLetterExchange: '', deadLetterRoutingKey: queue });
      await ch.prefetch(1);
      const inbox = await Inbox.open(ch, queue);
      await fill(ch, queue, 'abc');
      const [first] = await inbox.first(1);

      ch.nack(first as ConsumeMessage, false, false);

      for (const count of [2, 3]) ch.ack((await inbox.first(count)).at(-1) as ConsumeMessage);
      await inbox.first(4);
      assert.deepEqual(inbox.bodies, ['a', 'b', 'c', 'a']);
    });

    test('without a dead-letter exchange of that name the message is dropped', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch, { deadLetterExchange: 'nowhere' });
      await fill(ch, queue, 'ab');

      ch.nack((await next(ch, queue, false)) as never, false, false);

      await ready(ch, queue, 1);
    });

    test('retrying through a wait queue works as a program would do it', async (t) => {
      const ch = await confirmChannel(t, subject);
      const retry = await newExchange(ch, 'direct');
      const work = await newQueue(ch, { deadLetterExchange: retry, deadLetterRoutingKey: 'wait' });
      const wait = await newQueue(ch, { messageTtl: 30, deadLetterExchange: '', deadLetterRoutingKey: work });
      await ch.bindQueue(wait, retry, 'wait');
      const tries = new Map<string, number>();
      const done = new Set<string>();
      await ch.consume(work, (message) => {
        if (!message) return;
        const id = message.content.toString();
        tries.set(id, (tries.get(id) ?? 0) + 1);
        const failures = deaths(message).find(({ queue }) => queue === work)?.count ?? 0;
        if (failures < 2) ch.nack(message, false, false);
        else {
          done.add(id);
          ch.ack(message);
        }
      });

      await fill(ch, work, 'abcdefghijklmnopqrst');

      await eventually('twenty jobs to be done', async () => done.size === 20);
      assert.deepEqual([...tries.values()], new Array(20).fill(3));
    });
  });
