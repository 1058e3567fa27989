import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSilentServer, type Server } from 'node:net';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { BrokerError, type BrokerStatus, brokerStatus, startBroker } from '@micro-framework/broker';
import { channel, confirmChannel, fill, Inbox, newQueue } from '../support/broker-client.js';
import { dataFolder, hostBroker } from '../support/broker-process.js';
import { openVhost } from '../support/rabbitmq.js';

suite('the status of a running broker', () => {
  test('tells its queues: what waits, what is with consumers, and how many those are', async (t) => {
    const url = await start(t);
    const ch = await confirmChannel(t, { url });
    const [idle, busy] = [await newQueue(ch), await newQueue(ch)];
    await fill(ch, busy, ['1', '2', '3', '4', '5']);
    await ch.prefetch(2);
    await (await Inbox.open(ch, busy)).first(2);

    const status = await brokerStatus(url);

    assert.deepEqual(
      [...status.queues].sort((a, b) => a.ready - b.ready),
      [
        { name: idle, ready: 0, unsettled: 0, consumers: 0 },
        { name: busy, ready: 3, unsettled: 2, consumers: 1 },
      ],
    );
    assert.deepEqual([status.connections, status.blocked, status.failing], [1, false, false]);
    assert.ok(status.bytes > 0);
  });

  test('is found by the folder of a broker in another process', async (t) => {
    const { storage } = dataFolder();
    const host = await hostBroker(t, { storage });
    const queue = await newQueue(await channel(t, host), { durable: true });

    const { queues } = await brokerStatus(storage);

    assert.deepEqual(queues, [{ name: queue, ready: 0, unsettled: 0, consumers: 0 }]);
  });

  test('comes whole when it is longer than a frame', async (t) => {
    const url = await start(t, { frameMax: 4_096 });
    const ch = await channel(t, { url });
    for (let count = 0; count < 200; count++) await newQueue(ch);

    assert.equal((await brokerStatus(url)).queues.length, 200);
  });

  test('can be asked by any client, and its answer names the question', async (t) => {
    const url = await start(t);
    const ch = await channel(t, { url });
    const answers = await Inbox.open(ch, 'amq.rabbitmq.reply-to', { noAck: true });

    const question = { replyTo: 'amq.rabbitmq.reply-to', correlationId: 'question 1' };
    ch.sendToQueue('amq.micro-framework.status', Buffer.alloc(0), question);

    const [answer] = await answers.first(1);
    const status = JSON.parse(String(answer?.content)) as BrokerStatus;
    assert.deepEqual([status.connections, status.queues], [1, []]);
    assert.equal(answer?.properties.correlationId, 'question 1');
    assert.equal(answer?.properties.contentType, 'application/json');
  });

  test('is nowhere to be sent without a replyTo: the question is unroutable', async (t) => {
    const url = await start(t);
    const ch = await channel(t, { url });
    const returned = once(ch, 'return');

    ch.sendToQueue('amq.micro-framework.status', Buffer.from('?'), { mandatory: true });

    const [{ fields }] = (await returned) as [{ fields: { replyText: string } }];
    assert.equal(fields.replyText, 'NO_ROUTE');
  });
});

suite('no status', () => {
  test('comes for a wrong password, which is not repeated', async (t) => {
    const url = new URL(await start(t));
    url.password = 'wrong';

    const { message } = await refusal(brokerStatus(url.href));

    assert.match(message, /ACCESS_REFUSED - Login was refused .* are user and password right\?/);
    assert.doesNotMatch(message, /wrong/);
  });

  test('comes from where nothing listens', async (t) => {
    const url = await start(t);
    const free = new URL(url).port;
    const broker = await startBroker({ password: 'guest' });
    await broker.close();

    const { message } = await refusal(brokerStatus(broker.url as string));

    assert.match(message, new RegExp(`no status from 127\\.0\\.0\\.1:(?!${free}).*ECONNREFUSED`));
  });

  test('comes from a program that is no broker, that says nothing, or that is RabbitMQ', async (t) => {
    const http = await listen(t, createServer());
    const silent = await listen(
      t,
      createSilentServer(() => {}),
    );
    const { uri } = await openVhost();

    assert.match((await refusal(brokerStatus(http))).message, /does not speak AMQP 0-9-1/);
    assert.match((await refusal(brokerStatus(silent, { timeout: 50 }))).message, /not answered within 50 ms/);
    assert.match((await refusal(brokerStatus(uri))).message, /what answers there is RabbitMQ; ask it with/);
  });

  test('comes of a folder where no broker runs, or whose host was killed', async (t) => {
    const { path, storage } = dataFolder();
    assert.match(
      (await refusal(brokerStatus(storage))).message,
      /no broker runs on .*: there is no .*host\.json/,
    );

    const host = await hostBroker(t, { storage });
    await host.kill();
    assert.match((await refusal(brokerStatus(storage))).message, /ECONNREFUSED/);

    const other = await start(t);
    writeFileSync(
      join(path, 'host.json'),
      JSON.stringify({ url: other, pid: 1, id: 'of a host that is gone' }),
    );
    assert.match((await refusal(brokerStatus(storage))).message, /what answers there is another broker/);

    writeFileSync(join(path, 'host.json'), '{');
    assert.match((await refusal(brokerStatus(storage))).message, /no broker runs on/);
  });

  test('can be asked of an address that is none', async () => {
    const secret = 'amqps://guest:secret@localhost';

    const error = await brokerStatus(secret).catch((reason: unknown) => reason);

    assert.ok(error instanceof BrokerError);
    assert.equal(error.code, 'BROKER_BAD_OPTION');
    assert.doesNotMatch(error.message, /secret/);
  });
});

async function start(t: TestContext, options: { frameMax?: number } = {}): Promise<string> {
  const broker = await startBroker(options);
  t.after(() => broker.close());
  return broker.url as string;
}

async function listen(t: TestContext, server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  return `amqp://guest:guest@127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function refusal(status: Promise<BrokerStatus>): Promise<BrokerError> {
  const error = await status.then(
    () => new Error('there was a status'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BrokerError, String(error));
  assert.equal(error.code, 'BROKER_UNREACHABLE');
  return error;
}
