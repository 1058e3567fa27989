import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { ConfirmChannel, Message } from 'amqplib';
import {
  channel,
  confirmChannel,
  connection,
  eventually,
  fill,
  Inbox,
  newQueue,
  next,
  publish,
  quiet,
  ready,
  type Subject,
  unique,
} from '../../support/broker-client.js';
import type { Contract } from './subject.js';

async function exists(
  t: Parameters<typeof connection>[0],
  subject: Subject,
  queue: string,
): Promise<boolean> {
  const probe = quiet(await (await connection(t, subject)).createChannel());
  return probe.checkQueue(queue).then(
    () => true,
    () => false,
  );
}

/** Looks at the queue every 50 ms until told to stop. */
async function lookAt(ch: ConfirmChannel, queue: string, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    await ch.checkQueue(queue);
    await setTimeout(50);
  }
}

// Publishing is the one way to find out that is not itself a use of the queue.
async function expiry(ch: ConfirmChannel, queue: string): Promise<void> {
  let isGone = false;
  ch.on('return', (message: Message) => {
    isGone ||= message.fields.routingKey === queue;
  });
  await eventually(`${queue} to expire`, async () => {
    await publish(ch, '', queue, 'x', { mandatory: true });
    return isGone;
  });
}

export const queues: Contract = (subject) =>
  suite('queues', () => {
    test('a queue without a name gets one', async (t) => {
      const ch = await confirmChannel(t, subject);

      const { queue } = await ch.assertQueue('', { exclusive: true });

      assert.match(queue, /^amq\.gen-/);
      await publish(ch, '', queue, 'x');
      await next(ch, queue);
    });

    test('declaring again tells what is there', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'ab');
      const other = await channel(t, subject);
      await other.prefetch(1);
      await (await Inbox.open(other, queue)).first(1);

      const reply = await ch.assertQueue(queue);

      assert.deepEqual(reply, { queue, messageCount: 1, consumerCount: 1 });
    });

    test('an unused queue expires', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch, { expires: 100 });

      await expiry(ch, queue);

      assert.equal(await exists(t, subject, queue), false);
    });

    test('a queue that is consumed does not expire', async (t) => {
      const ch = await confirmChannel(t, subject);
      const [used, unused] = [await newQueue(ch, { expires: 150 }), await newQueue(ch, { expires: 200 })];
      const inbox = await Inbox.open(ch, used, { noAck: true });

      await expiry(ch, unused);

      await publish(ch, '', used, 'x');
      await inbox.first(1);
    });

    test('looking at a queue is a use of it', async (t) => {
      const ch = await confirmChannel(t, subject);
      const [seen, unseen] = [await newQueue(ch, { expires: 1_000 }), await newQueue(ch, { expires: 1_000 })];
      const looking = new AbortController();
      const looked = lookAt(ch, seen, looking.signal);

      await expiry(ch, unseen);

      assert.equal((await ch.checkQueue(seen)).queue, seen);
      looking.abort();
      await looked;
    });

    test('an exclusive queue is locked to others and ends with its connection', async (t) => {
      const owner = await connection(t, subject);
      const queue = await newQueue(await owner.createChannel(), { exclusive: true });
      const other = quiet(await (await connection(t, subject)).createChannel());
      await assert.rejects(other.checkQueue(queue), /RESOURCE_LOCKED/);

      await owner.close();

      await eventually('the queue to be gone', async () => !(await exists(t, subject, queue)));
    });

    test('an auto-delete queue ends with its last consumer, not before the first', async (t) => {
      const ch = await channel(t, subject);
      const queue = await newQueue(ch, { autoDelete: true });
      assert.equal(await exists(t, subject, queue), true);
      const tags = [];
      for (let at = 0; at < 2; at++) tags.push((await Inbox.open(ch, queue)).consumerTag);

      await ch.cancel(tags[0] as string);
      assert.equal(await exists(t, subject, queue), true);
      await ch.cancel(tags[1] as string);

      await eventually('the queue to be gone', async () => !(await exists(t, subject, queue)));
    });

    test('deleting returns how many messages went with it, and missing ones do not matter', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);
      await fill(ch, queue, 'abc');

      assert.deepEqual(await ch.deleteQueue(queue), { messageCount: 3 });
      assert.deepEqual(await ch.deleteQueue(queue), { messageCount: 0 });
      await ch.deleteExchange(unique('missing'));
    });

    test('a priority queue delivers higher first, and equals in order', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch, { maxPriority: 5 });
      const messages: [string, number | undefined][] = [
        ['a', 1],
        ['b', 5],
        ['c', 3],
        ['d', 5],
        ['e', undefined],
        ['f', 9],
      ];

      for (const [body, priority] of messages)
        await publish(ch, '', queue, body, priority === undefined ? {} : { priority });

      const inbox = await Inbox.open(ch, queue, { noAck: true });
      await inbox.first(6);
      assert.deepEqual(inbox.bodies, ['b', 'd', 'f', 'c', 'a', 'e']);
    });

    test('a full priority queue drops what would have been delivered first', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch, { maxPriority: 5, maxLength: 2 });

      for (const [body, priority] of [
        ['a', 1],
        ['b', 4],
        ['c', 2],
      ] as const)
        await publish(ch, '', queue, body, { priority });

      const inbox = await Inbox.open(ch, queue, { noAck: true });
      await inbox.first(2);
      assert.deepEqual(inbox.bodies, ['c', 'a']);
    });

    test('the queues that delayed retry is built on are accepted', async (t) => {
      const ch = await confirmChannel(t, subject);
      const work = await newQueue(ch, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      const settings = {
        durable: true,
        arguments: {
          'x-queue-type': 'quorum',
          'x-message-ttl': 40,
          'x-dead-letter-exchange': '',
          'x-dead-letter-routing-key': work,
          'x-dead-letter-strategy': 'at-least-once',
          'x-overflow': 'reject-publish',
        },
      };
      const wait = await newQueue(ch, settings);
      await ch.assertQueue(wait, settings);

      await publish(ch, '', wait, 'x', { persistent: true });

      const message = await next(ch, work);
      assert.equal(message.properties.headers?.['x-death']?.[0]?.queue, wait);
      for (const queue of [work, wait]) await ch.deleteQueue(queue);
    });

    test('a delivery limit ends a message that always comes back', async (t) => {
      const ch = await confirmChannel(t, subject);
      const dead = await newQueue(ch, { durable: true });
      const queue = await newQueue(ch, {
        durable: true,
        deadLetterExchange: '',
        deadLetterRoutingKey: dead,
        arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 },
      });
      await publish(ch, '', queue, 'poison', { persistent: true });
      const seen: unknown[] = [];

      for (let at = 0; at < 3; at++) {
        const message = await next(ch, queue, false);
        seen.push([message.fields.redelivered, message.properties.headers?.['x-delivery-count']]);
        ch.nack(message as never, false, true);
      }

      const message = await next(ch, dead);
      assert.equal(message.properties.headers?.['x-death']?.[0]?.reason, 'delivery_limit');
      assert.deepEqual(seen, [
        [false, 0],
        [true, 1],
        [true, 2],
      ]);
      await ready(ch, queue, 0);
      for (const name of [queue, dead]) await ch.deleteQueue(name);
    });
  });
