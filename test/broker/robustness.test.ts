import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { open as openFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { type Broker, type BrokerOptions, FakeClock, startBroker } from '@micro-framework/broker';
import {
  channel,
  closedBy,
  confirmChannel,
  connection,
  eventually,
  fill,
  Inbox,
  newQueue,
  next,
  publish,
  ready,
} from '../support/broker-client.js';
import { dataFolder } from '../support/broker-process.js';
import { contentHeader, frame, method, publishTo, RawClient, shortstr } from '../support/broker-raw.js';

async function open(t: TestContext, options: BrokerOptions = {}): Promise<Broker & { url: string }> {
  const broker = await startBroker(options);
  t.after(() => broker.close());
  return broker as Broker & { url: string };
}

suite('many and strange clients', () => {
  test('a thousand connections work side by side', async (t) => {
    const broker = await open(t);
    const ch = await confirmChannel(t, broker);
    const queue = await newQueue(ch);
    const clients: RawClient[] = [];
    for (let batch = 0; batch < 10; batch++)
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => RawClient.ready(t, broker)))));
    assert.equal((await broker.status()).connections, 1_001);

    for (const client of clients)
      client.send(frame(1, 1, publishTo('', queue)), frame(2, 1, contentHeader(0)));

    await ready(ch, queue, 1_000);
    for (const client of clients) client.socket.destroy();
    await eventually('them to be gone', async () => (await broker.status()).connections === 1);
  });

  test('a client that never reads gets a little, and costs no more than that', async (t) => {
    const broker = await open(t);
    const ch = await confirmChannel(t, broker);
    const queue = await newQueue(ch);
    const deaf = await RawClient.ready(t, broker);
    deaf.socket.pause();
    const consumeArgs = Buffer.concat([
      Buffer.alloc(2),
      shortstr(queue),
      shortstr('deaf'),
      Buffer.from([2, 0, 0, 0, 0]),
    ]);
    deaf.send(frame(1, 1, method(60, 20, consumeArgs)));
    await eventually('the consumer', async () => (await ch.checkQueue(queue)).consumerCount === 1);

    await fill(ch, queue, Array(300).fill('x'.repeat(100_000)));

    const { messageCount } = await ch.checkQueue(queue);
    assert.ok(
      messageCount > 200,
      `${300 - messageCount} messages of 100 kB went to a client that does not read`,
    );
    deaf.socket.resume();
    await ready(ch, queue, 0);
  });

  test('a client that never reads gets no more on two channels', async (t) => {
    const broker = await open(t);
    const ch = await confirmChannel(t, broker);
    const queues = [await newQueue(ch), await newQueue(ch)];
    for (const queue of queues) await fill(ch, queue, Array(200).fill('x'.repeat(100_000)));
    const deaf = await RawClient.ready(t, broker);
    deaf.send(frame(1, 2, method(20, 10, shortstr(''))));
    await deaf.until(20, 11);
    deaf.socket.pause();

    for (const [at, queue] of queues.entries())
      deaf.send(
        frame(
          1,
          at + 1,
          method(60, 20, Buffer.alloc(2), shortstr(queue), shortstr(''), Buffer.from([2, 0, 0, 0, 0])),
        ),
      );

    for (const queue of queues)
      await eventually('the consumer', async () => (await ch.checkQueue(queue)).consumerCount === 1);
    // As many turns as it takes to send all, where nothing holds it back.
    for (let turn = 0; turn < 300; turn++) await ch.checkQueue(queues[0] as string);
    const left = (await broker.status()).queues.reduce((sum, { ready: waiting }) => sum + waiting, 0);
    assert.ok(left > 300, `${400 - left} messages of 100 kB went to a client that does not read`);
    deaf.socket.resume();
    for (const queue of queues) await ready(ch, queue, 0);
  });

  test('a client that declares without reading is not listened to for ever', async (t) => {
    const broker = await open(t);
    const ch = await confirmChannel(t, broker);
    const deaf = await RawClient.ready(t, broker);
    deaf.socket.pause();
    const declare = frame(1, 1, method(50, 10, Buffer.alloc(2), shortstr('q'.repeat(250)), Buffer.alloc(5)));

    // 33 MB of answers, of which the system takes a few.
    for (let at = 0; at < 60; at++) deaf.send(Buffer.concat(Array(2_000).fill(declare)));

    await eventually('the first of them', async () => (await broker.status()).queues.length === 1);
    await eventually('the broker to stop reading', async () => {
      const before = deaf.socket.writableLength;
      for (let turn = 0; turn < 50; turn++) await ch.checkExchange('amq.topic');
      return before > 0 && deaf.socket.writableLength === before;
    });
    const { writableLength } = deaf.socket;
    deaf.socket.resume();
    await eventually('it to read on', async () => deaf.socket.writableLength < writableLength);
  });

  test('direct replies to a client that never reads hold up who sends them', async (t) => {
    const broker = await open(t, { maxBytes: 5_000_000 });
    const deaf = await RawClient.ready(t, broker);
    const consume = method(
      60,
      20,
      Buffer.alloc(2),
      shortstr('amq.rabbitmq.reply-to'),
      shortstr('deaf'),
      Buffer.from([2, 0, 0, 0, 0]),
    );
    deaf.send(frame(1, 1, consume));
    await deaf.until(60, 21);
    const conn = await connection(t, broker);
    const ch = await conn.createConfirmChannel();
    const queue = await newQueue(ch);
    const properties = shortstr('amq.rabbitmq.reply-to');
    deaf.send(
      frame(1, 1, publishTo('', queue)),
      frame(2, 1, contentHeader(0, { flags: 1 << 9, properties })),
    );
    const { replyTo } = (await next(ch, queue)).properties;
    deaf.socket.pause();
    const blocked = once(conn, 'blocked', { signal: AbortSignal.timeout(10_000) });

    for (let at = 0; at < 400; at++) ch.sendToQueue(replyTo, Buffer.alloc(100_000, at));

    await blocked;
    deaf.socket.resume();
    await ch.waitForConfirms();
    await eventually('all replies', async () => {
      const bodies = deaf.frames.filter(({ type }) => type === 3).map(({ payload }) => payload[0]);
      return bodies.length === 400 && bodies.every((first, at) => first === at % 256);
    });
    await eventually('an empty broker', async () => (await broker.status()).bytes === 0);
  });

  test('a client that asks without reading is not listened to for ever', async (t) => {
    const broker = await open(t);
    const ch = await confirmChannel(t, broker);
    const queue = await newQueue(ch);
    await publish(ch, '', queue, Buffer.alloc(1_000_000));
    const greedy = await RawClient.ready(t, broker);
    greedy.socket.pause();
    const get = frame(1, 1, method(60, 70, Buffer.alloc(2), shortstr(queue), Buffer.from([0])));
    const giveBack = frame(1, 1, method(60, 110, Buffer.from([1])));

    const before = held();
    greedy.send(...Array.from({ length: 400 }, () => [get, giveBack]).flat());
    // The answers fill the client's window, and then the broker's patience.
    await eventually(
      'the first answer',
      async () => greedy.socket.bytesWritten > 0 && (await broker.status()).queues[0]?.ready === 0,
    );

    // 400 MB were asked for; the broker answers others and holds far less.
    await newQueue(ch);
    const grown = (held() - before) / 1e6;
    assert.ok(grown < 150, `${grown} MB`);
    greedy.socket.destroy();
    await ready(ch, queue, 1);
  });

  test('a client that vanishes is noticed by its heartbeats, and its messages come back', async (t) => {
    const broker = await open(t, { heartbeat: 1 });
    const ch = await confirmChannel(t, broker);
    const queue = await newQueue(ch);
    await publish(ch, '', queue, 'x');
    const silent = await RawClient.ready(t, broker, { heartbeat: 1 });
    silent.send(frame(1, 1, method(60, 70, Buffer.alloc(2), shortstr(queue), Buffer.from([0]))));
    await silent.until(60, 71);
    const start = Date.now();

    await silent.closed();

    assert.ok(Date.now() - start >= 1_500, 'two intervals of silence are allowed');
    assert.ok(
      silent.frames.some(({ type }) => type === 8),
      'the broker sent heartbeats',
    );
    await ready(ch, queue, 1);
  });

  test('someone who connects and says nothing is sent away', { timeout: 15_000 }, async (t) => {
    const broker = await open(t);
    const socket = connect(broker.port, '127.0.0.1');
    t.after(() => socket.destroy());

    await once(socket, 'close');

    assert.equal((await broker.status()).connections, 0);
  });

  test('a message larger than the limit closes the channel', async (t) => {
    const broker = await open(t, { maxMessageBytes: 1_000 });
    const ch = await confirmChannel(t, broker);
    const queue = await newQueue(ch);
    await publish(ch, '', queue, Buffer.alloc(1_000));
    const failed = once(ch, 'error');

    ch.sendToQueue(queue, Buffer.alloc(1_001));

    assert.match(
      ((await failed) as [Error])[0].message,
      /message size 1001 is larger than configured max size 1000/,
    );
  });
});

suite('dead letters', () => {
  test('one that cannot be made is told of, and the next ones come', async (t) => {
    const faults: Error[] = [];
    const clock = new FakeClock(-1_000_000); // no time of death can be written before 1970
    const broker = await open(t, { clock, onError: (error) => faults.push(error) });
    const ch = await confirmChannel(t, broker);
    const dead = await newQueue(ch);
    const wait = await newQueue(ch, { messageTtl: 100, deadLetterExchange: '', deadLetterRoutingKey: dead });
    await fill(ch, wait, 'ab');

    clock.advance(100);

    assert.equal(faults.length, 2);
    clock.advance(1_000_000);
    await fill(ch, wait, 'c');
    clock.advance(100);
    await ready(ch, dead, 1);
  });

  test('a queue is refused whose dead letters no delivery could carry', async (t) => {
    const broker = await open(t);
    const ch = await channel(t, broker);

    const { code, text } = await closedBy(ch, () =>
      newQueue(ch, { deadLetterExchange: '', deadLetterRoutingKey: 'k'.repeat(256) }),
    );

    assert.equal(code, 406);
    assert.match(text, /invalid arg 'x-dead-letter-routing-key' .*: {value_too_long,256}$/);
  });

  test('a routing key has to be a text, or its dead letter could outgrow it', async (t) => {
    const broker = await open(t);
    const client = await RawClient.ready(t, broker);

    client.send(frame(1, 1, publishTo('amq.fanout', Buffer.alloc(100, 0xff))));

    const text = 'FRAME_ERROR - Malformed UTF-8 in shortstr';
    assert.deepEqual(await client.refusal(), { code: 501, text });
  });
});

suite('memory', () => {
  test('publishers are blocked at the bound, and go on when there is room', async (t) => {
    const maxBytes = 1_000_000;
    const broker = await open(t, { maxBytes });
    const conn = await connection(t, broker);
    const ch = await conn.createConfirmChannel();
    const queue = await newQueue(ch);
    const consumer = await channel(t, broker);
    const blocked = once(conn, 'blocked');
    let confirmed = 0;
    for (let at = 0; at < 200; at++) ch.sendToQueue(queue, Buffer.alloc(10_000), {}, () => confirmed++);

    assert.deepEqual(await blocked, ['low on memory']);
    const { bytes, blocked: isBlocked } = await broker.status();
    assert.ok(isBlocked && bytes > maxBytes && bytes < maxBytes * 1.1, `${bytes} bytes`);
    const unblocked = once(conn, 'unblocked');
    const inbox = await Inbox.open(consumer, queue, { noAck: true });

    await unblocked;
    await ch.waitForConfirms();
    await inbox.first(200);
    assert.equal(confirmed, 200);
    assert.equal((await broker.status()).bytes, 0);
  });

  test('who publishes faster than the disk writes is held up, and goes on when it has', async (t) => {
    const { path, storage } = dataFolder();
    const disk = new EventEmitter();
    const written = once(disk, 'written');
    t.after(() => disk.emit('written')); // first, or the broker could not be closed
    const broker = await open(t, { storage, thread: false });
    const ch = await confirmChannel(t, broker);
    const queue = await newQueue(ch, { durable: true });
    const file = await openFile(join(path, 'any'), 'w');
    const datasync = t.mock.method(Object.getPrototypeOf(file), 'datasync', () => written);
    await file.close();
    const other = await channel(t, broker);
    const taken = async (): Promise<number> => (await broker.status()).queues[0]?.ready ?? 0;

    for (let at = 0; at < 60; at++) ch.sendToQueue(queue, Buffer.alloc(1_000_000), { persistent: true });

    await eventually('the broker to stop reading', async () => {
      const before = await taken();
      for (let turn = 0; turn < 50; turn++) await other.checkExchange('amq.topic');
      return before > 0 && (await taken()) === before;
    });
    assert.ok((await taken()) < 30, `${await taken()} MB are on their way to a disk that does not write`);
    datasync.mock.restore();
    disk.emit('written');
    await ch.waitForConfirms();
    assert.equal(await taken(), 60);
  });

  test('a blocked broker still serves those who only consume', async (t) => {
    const broker = await open(t, { maxBytes: 10_000 });
    const conn = await connection(t, broker);
    const ch = await conn.createConfirmChannel();
    const queue = await newQueue(ch);
    const blocked = once(conn, 'blocked');
    ch.sendToQueue(queue, Buffer.alloc(20_000));
    await blocked;

    const other = await channel(t, broker);
    const declared = await newQueue(other);

    assert.equal((await other.checkQueue(declared)).messageCount, 0);
  });
});

/** Bytes on the heap and off it. */
function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
