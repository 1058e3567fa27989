import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { type Broker, type BrokerOptions, FakeClock, startBroker } from '@micro-framework/broker';
import {
  channel,
  closedBy,
  confirmChannel,
  connection,
  eventually,
  Inbox,
  newQueue,
  publish,
  ready,
} from '../support/broker-client.js';
import { frame, method, RawClient } from '../support/broker-raw.js';

async function open(t: TestContext, options: BrokerOptions = {}): Promise<Broker & { url: string }> {
  const broker = await startBroker(options);
  t.after(() => broker.close());
  return broker as Broker & { url: string };
}

suite('a broker with a clock of the test', () => {
  test('lets a message of an hour expire at once', async (t) => {
    const clock = new FakeClock();
    const broker = await open(t, { clock });
    const ch = await confirmChannel(t, broker);
    const dead = await newQueue(ch);
    const wait = await newQueue(ch, {
      messageTtl: 3_600_000,
      deadLetterExchange: '',
      deadLetterRoutingKey: dead,
    });
    await publish(ch, '', wait, 'x');

    clock.advance(3_599_999);
    await ready(ch, wait, 1);
    clock.advance(1);

    await ready(ch, dead, 1);
  });

  test('walks a message through several delays in one advance', async (t) => {
    const clock = new FakeClock(0);
    const broker = await open(t, { clock });
    const ch = await confirmChannel(t, broker);
    const end = await newQueue(ch);
    let next = end;
    for (let hop = 0; hop < 3; hop++)
      next = await newQueue(ch, { messageTtl: 1_000, deadLetterExchange: '', deadLetterRoutingKey: next });
    await publish(ch, '', next, 'x');

    clock.advance(3_000);

    const inbox = await Inbox.open(ch, end, { noAck: true });
    const [message] = await inbox.first(1);
    const deaths = message?.properties.headers?.['x-death'] as unknown as { time: { value: number } }[];
    const times = deaths.map(({ time }) => time.value);
    assert.deepEqual(times.sort(), [1, 2, 3]);
  });

  test('deletes an idle queue when its time is up', async (t) => {
    const clock = new FakeClock();
    const broker = await open(t, { clock });
    const ch = await channel(t, broker);
    await newQueue(ch, { expires: 60_000 });

    clock.advance(60_000);

    assert.deepEqual((await broker.status()).queues, []);
  });
});

for (const thread of [false, true])
  suite(`faults on request, ${thread ? 'in a thread' : 'in this thread'}`, () => {
    test('connections are dropped', async (t) => {
      const broker = await open(t, { thread });
      const conn = await connection(t, broker);
      const closed = new Promise((resolve) => conn.once('close', resolve));

      assert.equal(await broker.faults.dropConnections(), 1);

      await closed;
    });

    test('connections are refused until they are not', async (t) => {
      const broker = await open(t, { thread });

      await broker.faults.refuseConnections(true);
      await assert.rejects(connection(t, broker));
      await broker.faults.refuseConnections(false);

      await connection(t, broker);
    });

    test('confirms are withheld until they are not', async (t) => {
      const broker = await open(t, { thread });
      const ch = await confirmChannel(t, broker);
      const queue = await newQueue(ch);
      await broker.faults.withholdConfirms(true);
      let isConfirmed = false;
      const confirmed = publish(ch, '', queue, 'x').then(() => {
        isConfirmed = true;
      });
      await ready(ch, queue, 1);
      assert.equal(isConfirmed, false);

      await broker.faults.withholdConfirms(false);

      await confirmed;
    });

    test('a nack is withheld like a confirm, and all come in order', async (t) => {
      const broker = await open(t, { thread });
      const ch = await confirmChannel(t, broker);
      const queue = await newQueue(ch);
      await broker.faults.withholdConfirms(true);
      const answers: string[] = [];
      const send = (): Promise<unknown> =>
        publish(ch, '', queue, 'x').then(
          () => answers.push('ack'),
          () => answers.push('nack'),
        );
      const first = send();
      await ready(ch, queue, 1);
      await broker.faults.nackPublishes(1);
      const rest = [send(), send()];
      await ready(ch, queue, 2);
      assert.deepEqual(answers, []);

      await broker.faults.withholdConfirms(false);

      await Promise.all([first, ...rest]);
      assert.deepEqual(answers, ['ack', 'nack', 'ack']);
    });

    test('publishes are nacked, and not kept', async (t) => {
      const broker = await open(t, { thread });
      const ch = await confirmChannel(t, broker);
      const queue = await newQueue(ch);

      await broker.faults.nackPublishes(2);

      for (let at = 0; at < 2; at++) await assert.rejects(publish(ch, '', queue, 'x'));
      await publish(ch, '', queue, 'y');
      await ready(ch, queue, 1);
    });

    test('frames stay in order when they are late no more', async (t) => {
      const broker = await open(t, { thread });
      const ch = await channel(t, broker);
      const queue = await newQueue(ch);
      const inbox = await Inbox.open(await channel(t, broker), queue);
      await broker.faults.delayFrames(150);
      ch.sendToQueue(queue, Buffer.from('1'));
      await eventually('it to be sent', async () => (await broker.status()).queues[0]?.unsettled === 1);

      await broker.faults.delayFrames(0);
      ch.sendToQueue(queue, Buffer.from('2'));

      await inbox.first(2);
      assert.deepEqual(inbox.bodies, ['1', '2']);
    });

    test('the answer to a close comes before the end, however late', async (t) => {
      const broker = await open(t, { thread });
      const client = await RawClient.ready(t, broker);
      await broker.faults.delayFrames(50);

      client.send(frame(1, 0, method(10, 50, Buffer.alloc(7))));

      await client.until(10, 51);
      await client.closed();
    });

    test('frames are late', async (t) => {
      const broker = await open(t, { thread });
      const ch = await channel(t, broker);
      const queue = await newQueue(ch);
      await broker.faults.delayFrames(120);
      const start = Date.now();

      await ch.checkQueue(queue);

      assert.ok(Date.now() - start >= 118);
      await broker.faults.delayFrames(0);
    });

    test('channels are closed, their connections are not', async (t) => {
      const broker = await open(t, { thread });
      const conn = await connection(t, broker);
      const ch = await conn.createChannel();
      const queue = await newQueue(ch);
      await Inbox.open(ch, queue);

      const { code } = await closedBy(ch, () => broker.faults.closeChannels(queue));

      assert.equal(code, 406);
      await (await conn.createChannel()).checkQueue(queue);
    });

    test('consumers are cancelled, their queues stay', async (t) => {
      const broker = await open(t, { thread });
      const ch = await confirmChannel(t, broker);
      const queue = await newQueue(ch);
      const inbox = await Inbox.open(ch, queue);

      assert.equal(await broker.faults.cancelConsumers(queue), 1);

      await inbox.first(1);
      assert.deepEqual(inbox.messages, [null]);
      await publish(ch, '', queue, 'x');
      await ready(ch, queue, 1);
    });
  });

suite('starting and stopping', () => {
  test('needs the password it has made up', async (t) => {
    const broker = await open(t);
    const other = await open(t);
    assert.notEqual(new URL(broker.url).password, new URL(other.url).password);
    const wrong = broker.url.replace(/:[^:@]+@/, ':guess@');

    await assert.rejects(connection(t, { url: wrong }), /ACCESS_REFUSED/);
  });

  test('listens on this machine only', async (t) => {
    const broker = await open(t);

    assert.equal(new URL(broker.url).hostname, '127.0.0.1');
  });

  test('says goodbye to its clients', async (t) => {
    const broker = await startBroker();
    const conn = await connection(t, broker as { url: string });
    const closed = once(conn, 'close');

    await broker.close();

    const [{ message }] = (await closed) as [Error];
    assert.match(message, /320.*CONNECTION_FORCED/);
  });

  test('listens on a Unix socket that only its user may open', async (t) => {
    const folder = mkdtempSync('/tmp/mf-broker-socket-');
    t.after(() => rmSync(folder, { recursive: true }));
    const socketPath = `${folder}/amqp`;
    const broker = await startBroker({ socketPath });
    t.after(() => broker.close());

    assert.equal(broker.url, undefined);
    assert.equal(statSync(socketPath).mode & 0o777, 0o600);
    const socket = connect(socketPath);
    t.after(() => socket.destroy());
    socket.write('AMQP\0\0\x09\x01');
    const [start] = (await once(socket, 'data')) as [Buffer];
    assert.equal(start.readUInt32BE(7), (10 << 16) | 10);
  });

  test('takes the path of a Unix socket that nobody answers on any more', async (t) => {
    const folder = mkdtempSync('/tmp/mf-broker-socket-');
    t.after(() => rmSync(folder, { recursive: true }));
    const socketPath = `${folder}/amqp`;
    const before = createServer().listen(`${socketPath}.other`);
    await once(before, 'listening');
    renameSync(`${socketPath}.other`, socketPath); // or it would be removed with the server
    before.close();
    await once(before, 'close');

    const broker = await startBroker({ socketPath });

    await broker.close();
  });

  test('refuses the path of a Unix socket that is in use, and of any other file', async (t) => {
    const folder = mkdtempSync('/tmp/mf-broker-socket-');
    t.after(() => rmSync(folder, { recursive: true }));
    const socketPath = `${folder}/amqp`;
    await open(t, { socketPath });
    writeFileSync(`${folder}/file`, 'precious');

    for (const path of [socketPath, `${folder}/file`])
      await assert.rejects(startBroker({ socketPath: path }), {
        code: 'BROKER_LISTEN_FAILED',
        message: `startBroker: ${path} is in use by another program; choose another path, or remove that file`,
      });

    assert.equal(readFileSync(`${folder}/file`, 'utf8'), 'precious');
  });

  const wrong: [title: string, options: BrokerOptions][] = [
    ['a port that is none', { port: 70_000 }],
    ['a storage that is none', { storage: 'redis://x' }],
    ['a path that is not absolute', { storage: 'file://here/there' }],
    ['a clock for a thread', { thread: true, clock: new FakeClock() }],
    ['no bytes at all', { maxBytes: 0 }],
  ];
  for (const [title, options] of wrong)
    test(`refuses ${title}`, async () => {
      await assert.rejects(startBroker(options), { name: 'BrokerError', code: 'BROKER_BAD_OPTION' });
    });

  test('refuses a port that is in use', async (t) => {
    const { port } = await open(t);

    await assert.rejects(startBroker({ port }), { code: 'BROKER_PORT_IN_USE' });
  });
});
