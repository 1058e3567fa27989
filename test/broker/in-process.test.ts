import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Broker, type BrokerOptions, type InProcessStream, startBroker } from '@micro-framework/broker';
import fc from 'fast-check';
import { channel, confirmChannel, connection, Inbox, newQueue } from '../support/broker-client.js';
import { dataFolder } from '../support/broker-process.js';

const heartbeat = Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce]);
const protocolHeader = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

suite('a connection without a socket', () => {
  test('is greeted like any other, and counted', async (t) => {
    const { broker, stream } = await open(t);

    stream.write(protocolHeader);

    const [start] = await once(stream, 'data');
    assert.equal(start.readUInt32BE(7), (10 << 16) | 10, 'connection.start');
    assert.equal(stream.bytesRead, start.length);
    assert.equal(stream.bytesWritten, protocolHeader.length);
    assert.equal((await broker.status()).connections, 1);
  });

  test('is not answered before the write has returned', async (t) => {
    const { stream } = await open(t);
    let isWritten = false;
    const answered = new Promise<boolean>((resolve) => stream.once('data', () => resolve(isWritten)));

    stream.write(protocolHeader);
    isWritten = true;

    assert.equal(await answered, true);
  });

  test('is heard to end once what came before is dealt with, promises and all', async (t) => {
    const { broker, stream } = await open(t);
    let isDealtWith = false;
    const ended = new Promise<boolean>((resolve) => stream.once('end', () => resolve(isDealtWith)));

    stream.once('data', async () => {
      void broker.faults.dropConnections();
      for (let step = 0; step < 10; step++) await undefined;
      isDealtWith = true;
    });
    stream.write(protocolHeader);

    assert.equal(await ended, true);
  });

  test('keeps no memory of the writer, which may use it again', async (t) => {
    const { broker, stream } = await open(t);
    const received: Buffer[] = [];
    stream.on('data', (chunk) => received.push(chunk));
    stream.write(protocolHeader);
    const half = Buffer.from(heartbeat.subarray(0, 4));

    await new Promise((resolve) => stream.write(half, resolve));
    half.fill(0xff);
    await new Promise((resolve) => stream.write(heartbeat.subarray(4), resolve));

    await broker.faults.dropConnections();
    await once(stream, 'end');
    assert.equal(received.length, 1, 'the greeting, and no word of a malformed frame');
  });

  test('that speaks another protocol is told which one is spoken, and ended', async (t) => {
    const { stream } = await open(t);

    stream.write('GET / HTTP/1.1\r\n\r\n');

    assert.deepEqual(Buffer.concat(await stream.toArray()), protocolHeader);
  });

  test('ends when the broker drops it', async (t) => {
    const { broker, stream } = await open(t);

    assert.equal(await broker.faults.dropConnections(), 1);

    assert.deepEqual(await stream.toArray(), []);
  });

  test('that the broker has dropped fails whoever writes on without reading', async (t) => {
    const { broker, stream } = await open(t);
    await broker.faults.dropConnections();

    stream.write(heartbeat);

    await assert.rejects(once(stream, 'close'), { code: 'ECONNRESET' });
  });

  test('that its client destroys is forgotten', async (t) => {
    const { broker, stream } = await open(t);

    stream.destroy();

    await nextTurn();
    await nextTurn();
    assert.equal((await broker.status()).connections, 0);
  });

  test('is refused while connections are', async (t) => {
    const { broker } = await open(t);
    await broker.faults.refuseConnections(true);

    const [refused] = await Promise.all([broker.connect?.().toArray()]);

    assert.deepEqual(refused, []);
    assert.equal((await broker.status()).connections, 1);
  });

  test('is ended by the close of the broker, and refused after it', async () => {
    const broker = await startBroker();
    const stream = connected(broker);
    stream.write(protocolHeader);
    const received = stream.toArray();

    await broker.close();

    const text = Buffer.concat(await received).toString('latin1');
    assert.match(text, /CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'/);
    assert.deepEqual(await connected(broker).toArray(), []);
  });

  test('is not offered by a broker in a thread of its own', async (t) => {
    const broker = await startBroker({ storage: dataFolder().storage });
    t.after(() => broker.close());

    assert.equal(broker.connect, undefined);
  });

  test('brings a client no more than it reads, and all of it in the end', async (t) => {
    const { broker } = await open(t);
    const subject = { url: broker.url as string, inProcess: broker.connect };
    const publisher = await confirmChannel(t, subject);
    const queue = await newQueue(publisher);
    const model = await connection(t, subject);
    const inbox = await Inbox.open(await model.createChannel(), queue, { noAck: true });
    const { stream } = model.connection as unknown as { readonly stream: InProcessStream };
    const reads = stream.rawListeners('readable') as (() => void)[];
    stream.removeAllListeners('readable');

    for (let at = 0; at < 100; at++) publisher.sendToQueue(queue, Buffer.alloc(100_000, at));
    await publisher.waitForConfirms();

    await nextTurn();
    assert.ok(stream.readableLength < 200_000, `${stream.readableLength} bytes`);
    assert.ok((await publisher.checkQueue(queue)).messageCount > 80);
    for (const read of reads) stream.on('readable', read);
    assert.deepEqual(
      (await inbox.first(100)).map(({ content }) => content[0]),
      Array.from({ length: 100 }, (_, at) => at),
    );
  });

  test('carries bodies of any size, in order', async (t) => {
    const { broker } = await open(t);
    const subject = { url: broker.url as string, inProcess: broker.connect };
    const publisher = await confirmChannel(t, subject);
    const consumer = await channel(t, subject);

    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(300_000), { minLength: 1, maxLength: 20 }), async (sizes) => {
        const queue = await newQueue(publisher);
        const inbox = await Inbox.open(consumer, queue, { noAck: true });

        for (const [at, size] of sizes.entries()) publisher.sendToQueue(queue, Buffer.alloc(size, at + 1));
        await publisher.waitForConfirms();

        for (const [at, { content }] of (await inbox.first(sizes.length)).entries())
          assert.ok(content.equals(Buffer.alloc(sizes[at] as number, at + 1)));
      }),
      { numRuns: 30 },
    );
  });
});

async function open(t: TestContext, options: BrokerOptions = {}) {
  const broker = await startBroker(options);
  const stream = connected(broker);
  t.after(() => {
    stream.destroy();
    return broker.close();
  });
  return { broker, stream };
}

function connected(broker: Broker): InProcessStream {
  return broker.connect?.() ?? assert.fail('the broker runs in this thread');
}
