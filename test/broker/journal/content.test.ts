import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { FakeClock } from '@micro-framework/broker';
import {
  channel,
  confirmChannel,
  fill,
  Inbox,
  newQueue,
  next,
  publish,
  ready,
} from '../../support/broker-client.js';
import { dataFolder } from '../../support/broker-process.js';
import { frame, method, RawClient, shortstr } from '../../support/broker-raw.js';
import { run } from '../../support/broker-run.js';

const persistent = { persistent: true };

const topic = shortstr('topic');
const amqTopic = shortstr('amq.topic');
const no = Buffer.from([0]);
const durable = Buffer.from([2]);
const noArguments = Buffer.alloc(4);

suite('a journal', () => {
  test('keeps each byte, wherever in a batch its buffer has to grow', async (t) => {
    for (let size = 900; size < 980; size++) {
      const { storage } = dataFolder();
      await run({ storage }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await ch.assertQueue('q', { durable: true });
        // In one turn, and so in one batch.
        for (const body of [Buffer.alloc(size), Buffer.from('next')]) ch.sendToQueue('q', body, persistent);
        await ch.waitForConfirms();
      });

      await run({ storage }, async (broker) => {
        const { queues } = await broker.status();
        assert.equal(queues[0]?.ready, 2, `after a body of ${size} bytes`);
      });
    }
  });

  test('brings back queues, exchanges, bindings and messages, each with its settings', async (t) => {
    const { storage } = dataFolder();
    const arguments_ = { 'x-max-priority': 4, 'x-message-ttl': 60_000 };
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('work', { durable: true, arguments: arguments_ });
      await ch.assertQueue('passing', { durable: false });
      await ch.assertExchange('events', 'headers', { durable: true, alternateExchange: 'other' });
      await ch.bindQueue('work', 'events', 'key', { 'x-match': 'any', a: 1 });
      await publish(ch, 'events', '', 'low', { ...persistent, priority: 1, headers: { a: 1 } });
      await publish(ch, '', 'work', 'high', { ...persistent, priority: 3, correlationId: 'c' });
      await publish(ch, '', 'work', 'passing');
    });

    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('work', { durable: true, arguments: arguments_ });
      await ch.assertExchange('events', 'headers', { durable: true, alternateExchange: 'other' });
      await publish(ch, 'events', '', 'routed', { headers: { a: 1 } });
      const messages = [await next(ch, 'work'), await next(ch, 'work'), await next(ch, 'work')];
      assert.deepEqual(
        messages.map(({ content }) => String(content)),
        ['high', 'low', 'routed'],
      );
      assert.equal(messages[0]?.properties.correlationId, 'c');
      assert.deepEqual(messages[1]?.properties.headers, { a: 1 });
      const { queues } = await broker.status();
      assert.deepEqual(
        queues.map(({ name }) => name),
        ['work'],
      );
    });
  });

  test('brings back each message with its own route, also where the one before has nearly the same', async (t) => {
    const { storage } = dataFolder();
    const routes = [
      ['a', 'bc'],
      ['a', 'bc'],
      ['a', 'b'],
      ['ab', 'c'],
      ['', 'work'],
      ['a', ''],
      ['a', 'bc'],
    ] as const;
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('work', { durable: true });
      for (const exchange of ['a', 'ab']) {
        await ch.assertExchange(exchange, 'fanout', { durable: true });
        await ch.bindQueue('work', exchange, '');
      }
      for (const [exchange, key] of routes) ch.publish(exchange, key, Buffer.from('body'), persistent);
      await ch.waitForConfirms();
    });

    await run({ storage }, async (broker) => {
      const inbox = await Inbox.open(await channel(t, broker), 'work');
      const messages = await inbox.first(routes.length);
      assert.deepEqual(
        messages.map(({ fields }) => [fields.exchange, fields.routingKey]),
        routes,
      );
      assert.deepEqual(new Set(inbox.bodies), new Set(['body']));
    });
  });

  test('forgets what was settled, deleted and unbound', async (t) => {
    const { storage } = dataFolder();
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      for (const queue of ['keep', 'drop']) await ch.assertQueue(queue, { durable: true });
      await ch.assertExchange('gone', 'fanout', { durable: true });
      await ch.bindQueue('keep', 'amq.topic', 'k');
      for (const body of 'abc') await publish(ch, '', 'keep', body, persistent);
      ch.ack((await next(ch, 'keep', false)) as never);
      await ch.deleteQueue('drop');
      await ch.deleteExchange('gone');
      await ch.unbindQueue('keep', 'amq.topic', 'k');
    });

    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await publish(ch, 'amq.topic', 'k', 'x');
      assert.deepEqual(
        (await broker.status()).queues.map(({ name, ready: waiting }) => [name, waiting]),
        [['keep', 2]],
      );
      await assert.rejects(ch.checkExchange('gone'), /NOT_FOUND/);
    });
  });

  test('brings back no binding of an exchange or queue that was deleted and declared anew', async (t) => {
    const { storage } = dataFolder();
    const exchanges = ['first', 'second', 'third'] as const;
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      const declare = async (): Promise<void> => {
        for (const name of exchanges) await ch.assertExchange(name, 'fanout', { durable: true });
        for (const name of ['kept', 'renewed']) await ch.assertQueue(name, { durable: true });
      };
      await declare();
      await ch.bindExchange('second', 'first', '');
      await ch.bindExchange('third', 'second', '');
      for (const name of exchanges) await ch.bindQueue('kept', name, '');
      await ch.bindQueue('renewed', 'third', '');
      await ch.deleteExchange('second');
      await ch.deleteQueue('renewed');
      await declare();
    });

    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      for (const name of exchanges) await publish(ch, name, '', name);
      const inbox = await Inbox.open(ch, 'kept');
      await inbox.first(2);
      const { queues } = await broker.status();
      assert.deepEqual(inbox.bodies, ['first', 'third']);
      assert.equal(queues.find(({ name }) => name === 'renewed')?.ready, 0);
    });
  });

  for (const [what, declaration] of [
    ['a queue', (name: Buffer) => method(50, 10, Buffer.alloc(2), name, durable, noArguments)],
    ['an exchange', (name: Buffer) => method(40, 10, Buffer.alloc(2), name, topic, durable, noArguments)],
    [
      'a binding',
      (key: Buffer) => method(50, 20, Buffer.alloc(2), shortstr('q'), amqTopic, key, no, noArguments),
    ],
  ] as const)
    test(`refuses ${what} that it cannot write down, and keeps all that comes after`, async (t) => {
      const { storage } = dataFolder();
      const onError = (): void => {};
      await run({ storage, onError }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await ch.assertQueue('q', { durable: true });
        const client = await RawClient.ready(t, broker);
        // No UTF-8: each byte would become three, more than a name's length can say.
        client.send(frame(1, 1, declaration(Buffer.concat([Buffer.from([100]), Buffer.alloc(100, 0xff)]))));
        await client.refusal();
        assert.deepEqual(
          (await broker.status()).queues.map(({ name }) => name),
          ['q'],
        );
        await publish(ch, '', 'q', 'confirmed', persistent);
      });

      await run({ storage }, async (broker) => assert.equal((await broker.status()).queues[0]?.ready, 1));
    });

  test('lets a TTL run on while the broker is down', async (t) => {
    const { storage } = dataFolder();
    const clock = new FakeClock();
    const settings = {
      durable: true,
      messageTtl: 10_000,
      deadLetterExchange: '',
      deadLetterRoutingKey: 'dead',
    };
    await run({ storage, clock }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('dead', { durable: true });
      await ch.assertQueue('wait', settings);
      await publish(ch, '', 'wait', 'x', persistent);
    });

    clock.advance(9_999);
    await run({ storage, clock }, async (broker) => {
      const ch = await channel(t, broker);
      await ready(ch, 'wait', 1);
      clock.advance(1);
      await ready(ch, 'dead', 1);
    });
  });

  test('writes a message for many queues once', async (t) => {
    const { storage, path } = dataFolder();
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      for (let at = 0; at < 10; at++) {
        const queue = await newQueue(ch, { durable: true });
        await ch.bindQueue(queue, 'amq.fanout', '');
      }
      await publish(ch, 'amq.fanout', '', Buffer.alloc(50_000, 'x'), persistent);
    });

    assert.ok(readFileSync(join(path, 'journal-00000001')).length < 60_000);
    await run({ storage }, async (broker) => {
      const ch = await channel(t, broker);
      const { queues } = await broker.status();
      for (const { name } of queues) assert.equal((await next(ch, name)).content.length, 50_000);
    });
  });

  test('kept in a thread works as it does here', async (t: TestContext) => {
    const { storage } = dataFolder();
    for (let life = 1; life < 3; life++)
      await run({ storage, thread: true }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await ch.assertQueue('q', { durable: true });
        await publish(ch, '', 'q', 'x', persistent);
        assert.equal((await broker.status()).queues[0]?.ready, life);
        assert.equal(await broker.faults.dropConnections(), 1);
      });
  });

  test('written as the system likes is still there after a stop', async (t) => {
    const { storage } = dataFolder();
    await run({ storage, fsync: 'os' }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      await fill(ch, 'q', ['not persistent']);
      await publish(ch, '', 'q', 'persistent', persistent);
    });

    await run({ storage }, async (broker) => assert.equal((await broker.status()).queues[0]?.ready, 1));
  });
});
