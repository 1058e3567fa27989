import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { type Broker, type BrokerOptions, FakeClock, startBroker } from '@micro-framework/broker';
import {
  channel,
  confirmChannel,
  eventually,
  fill,
  Inbox,
  newQueue,
  next,
  publish,
  ready,
} from '../support/broker-client.js';
import { dataFolder } from '../support/broker-process.js';
import { makeNamedPipe } from '../support/named-pipe.js';

type Client = { url: string };

async function run<T>(options: BrokerOptions, use: (broker: Broker & Client) => Promise<T>): Promise<T> {
  const broker = await startBroker({ thread: false, ...options });
  try {
    return await use(broker as Broker & Client);
  } finally {
    await broker.close();
  }
}

const persistent = { persistent: true };

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

  test('knows after a clean stop what was delivered, and after a crash that it might have been', async (t) => {
    const { storage, path } = dataFolder();
    const crashed = dataFolder();
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      for (const body of 'ab') await publish(ch, '', 'q', body, persistent);
      await next(ch, 'q', false);
      copyFileSync(join(path, 'journal-00000001'), join(crashed.path, 'journal-00000001'));
    });
    const flags = (from: string): Promise<unknown> =>
      run({ storage: from }, async (broker) => {
        const ch = await channel(t, broker);
        return [await next(ch, 'q', false), await next(ch, 'q', false)].map(
          ({ fields }) => fields.redelivered,
        );
      });

    assert.deepEqual(await flags(storage), [true, false]);
    assert.deepEqual(await flags(crashed.storage), [true, true]);
  });

  test('counts returns across restarts, so that poison cannot start afresh', async (t) => {
    const { storage } = dataFolder();
    const settings = { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 } };
    for (let life = 0; life < 3; life++)
      await run({ storage }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await ch.assertQueue('q', settings);
        if (life === 0) await publish(ch, '', 'q', 'poison', persistent);
        const { properties } = await next(ch, 'q', false);
        assert.equal(properties.headers?.['x-delivery-count'], life);
      });

    await run({ storage }, async (broker) => {
      assert.equal((await broker.status()).queues[0]?.ready, 0);
    });
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

  test('is rewritten when most of it is of no use, and loses nothing by that', async (t) => {
    const { storage, path } = dataFolder();
    await run({ storage, compactAt: 20_000 }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      await ch.bindQueue('q', 'amq.topic', 'k');
      await publish(ch, '', 'q', 'first', persistent);
      const held = await next(ch, 'q', false);
      assert.equal(String(held.content), 'first');
      for (let at = 0; at < 300; at++) {
        await publish(ch, 'amq.topic', 'k', `${at}:`.padEnd(500), persistent);
        ch.ack((await next(ch, 'q', false)) as never);
      }
      await publish(ch, '', 'q', 'last', persistent);
      await eventually('a snapshot', async () =>
        readdirSync(path).some((name) => /^snapshot-\d+$/.test(name)),
      );
    });

    const sizes = readdirSync(path).map((name) => readFileSync(join(path, name)).length);
    assert.ok(sizes.reduce((sum, size) => sum + size) < 60_000, `sizes ${sizes}`);
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await publish(ch, 'amq.topic', 'k', 'routed');
      const inbox = await Inbox.open(ch, 'q', { noAck: true });
      await inbox.first(3);
      assert.deepEqual(inbox.bodies, ['first', 'last', 'routed']);
    });
  });

  test('cut off at any byte of its last batch, it keeps everything before', async (t) => {
    const { storage, path } = dataFolder();
    const file = join(path, 'journal-00000001');
    const sizes: number[] = [];
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      for (const body of ['one', 'two']) {
        await publish(ch, '', 'q', body, persistent);
        sizes.push(readFileSync(file).length);
      }
    });
    const whole = readFileSync(file);
    const [before, after] = sizes as [number, number];
    assert.ok(after - before > 30);

    for (let length = before; length < after; length++) {
      const torn = dataFolder();
      const tornFile = join(torn.path, 'journal-00000001');
      writeFileSync(tornFile, whole.subarray(0, length));
      await run({ storage: torn.storage }, async (broker) => {
        assert.equal((await broker.status()).queues[0]?.ready, 1, `cut at ${length}`);
      });
      truncateSync(tornFile, before);
    }
  });

  test('goes on after a torn tail as if it had not been', async (t) => {
    const { storage, path } = dataFolder();
    const fillQueue = (body: string): Promise<void> =>
      run({ storage }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await ch.assertQueue('q', { durable: true });
        await publish(ch, '', 'q', body, persistent);
      });
    await fillQueue('one');
    const file = join(path, 'journal-00000001');
    const sound = readFileSync(file);
    writeFileSync(file, Buffer.concat([sound, Buffer.from('mfj2 and then the power went')]));
    await run({ storage }, async () => assert.equal(readFileSync(file).length, sound.length));

    await fillQueue('two');

    await run({ storage }, async (broker) => assert.equal((await broker.status()).queues[0]?.ready, 2));
  });

  for (const [what, damage] of [
    ['in a message', (bytes: Buffer) => flip(bytes, bytes.indexOf('two'))],
    ['in the length of a batch', (bytes: Buffer) => flip(bytes, 4)],
    ['in the first byte', (bytes: Buffer) => flip(bytes, 0)],
    ['by a sector of zeros', (bytes: Buffer) => bytes.fill(0, 0, 64)],
    ['by something else in its place', (bytes: Buffer) => bytes.fill('another program ')],
  ] as const)
    test(`damaged ${what}, it says so instead of forgetting in silence`, async (t) => {
      const { storage, path } = dataFolder();
      await run({ storage }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await ch.assertQueue('q', { durable: true });
        for (const body of ['one', 'two', 'three']) await publish(ch, '', 'q', body, persistent);
      });
      const file = join(path, 'journal-00000001');
      const bytes = readFileSync(file);
      damage(bytes);
      writeFileSync(file, bytes);

      await assert.rejects(startBroker({ storage }), {
        code: 'BROKER_DATA_DAMAGED',
        message: /journal-00000001/,
      });
      assert.deepEqual(readFileSync(file), bytes, 'and nothing is cut off');
    });

  test('takes no message for a batch of its own, not even a piece of a journal', async (t) => {
    const { storage, path } = dataFolder();
    const file = join(path, 'journal-00000001');
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      await publish(ch, '', 'q', 'one', persistent);
      await publish(ch, '', 'q', readFileSync(file), persistent);
    });
    const whole = readFileSync(file);
    const tail = whole.indexOf(whole.subarray(0, 16), 1);
    assert.ok(tail > 0, 'the second message holds the first bytes of the journal');
    // As a crash in the middle of that batch would: its end is missing.
    writeFileSync(file, whole.subarray(0, whole.lastIndexOf('one')));

    await run({ storage }, async (broker) => assert.equal((await broker.status()).queues[0]?.ready, 1));
  });

  test('cannot be read where its name is that of a folder, and says so', async () => {
    const { storage, path } = dataFolder();
    mkdirSync(join(path, 'journal-00000001'));

    await assert.rejects(startBroker({ storage }), {
      code: 'BROKER_DATA_NOT_WRITABLE',
      message: /journal-00000001: it is not a file/,
    });
  });

  test('is not waited for where its name is that of a pipe', async () => {
    const { storage, path } = dataFolder();
    makeNamedPipe(join(path, 'journal-00000001'));

    await assert.rejects(startBroker({ storage }), { code: 'BROKER_DATA_NOT_WRITABLE' });
  });

  test('is held by one broker at a time, in this thread or another', async () => {
    const { storage } = dataFolder();
    for (const thread of [false, true])
      await run({ storage, thread }, async () => {
        await assert.rejects(startBroker({ storage }), { code: 'BROKER_DATA_IN_USE' });
        await assert.rejects(startBroker({ storage, thread: true }), { code: 'BROKER_DATA_IN_USE' });
      });

    const racers = await Promise.allSettled([1, 2, 3, 4].map(() => startBroker({ storage })));
    const winners = racers.flatMap((racer) => (racer.status === 'fulfilled' ? [racer.value] : []));
    await Promise.all(winners.map((winner) => winner.close()));
    assert.equal(winners.length, 1);
  });

  test('that cannot be written says where', async () => {
    const { path } = dataFolder();
    writeFileSync(join(path, 'file'), '');

    const storage = `file://${path}/file/data`;

    await assert.rejects(startBroker({ storage }), {
      code: 'BROKER_DATA_NOT_WRITABLE',
      message: /file\/data/,
    });
  });

  test('gives its folder free when the broker cannot start', async () => {
    const { storage } = dataFolder();
    await run({}, async ({ port }) => {
      await assert.rejects(startBroker({ storage, port, thread: false }), { code: 'BROKER_PORT_IN_USE' });
    });

    await run({ storage }, async (broker) => assert.deepEqual((await broker.status()).queues, []));
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

function flip(bytes: Buffer, at: number): void {
  bytes[at] = (bytes[at] as number) ^ 1;
}
