import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Connection } from '@micro-framework/amqp/internal';
import { Deadline } from '@micro-framework/core';
import { brokers } from '../../support/brokers.js';
import { openVhost } from '../../support/rabbitmq.js';
import { isMethod, openProxy } from '../../support/tcp-proxy.js';

test('closing a connection whose broker reads no more hangs up on it', async (t) => {
  const { uri } = await openVhost();
  const line = await openLine(t, uri);
  const connection = await Connection.open({ uri: line.uri, heartbeat: 60, name: 'test' });

  line.freeze();
  const hungUp = line.hungUp();
  const from = performance.now();
  await connection.close();
  await hungUp;

  assert.ok(performance.now() - from < 4_000, 'it waited for an answer');
  assert.equal(await connection.ended, undefined);
});

test('a connection is kept without an answer while what it sends moves, and given up once it stands', async (t) => {
  const { uri } = await openVhost();
  // The answer to the question whether anybody reads, as if that still stood behind all that is sent.
  const unanswered = await openProxy(t, uri, { fromBroker: (frame) => isMethod(frame, 60, 11) });
  const line = await openLine(t, unanswered.uri);
  const connection = await Connection.open({ uri: line.uri, heartbeat: 2, name: 'test' });
  t.after(() => connection.close());
  const { channel } = await connection.openConfirmChannel();

  const from = performance.now();
  line.slow(4_000_000);
  for (let n = 0; n < 24; n += 1) channel.publish('', 'nobody', Buffer.alloc(1_000_000));
  await channel.waitForConfirms();
  assert.ok(performance.now() - from > 4_500, 'in more time than a silent broker is given');
  assert.equal(connection.isOpen, true);

  const lost = await connection.ended;
  assert.match(lost?.message ?? '', /has not answered/);
});

for (const broker of brokers)
  test(`a channel that ends with much still to send does not keep the next from opening, on ${broker.name}`, async (t) => {
    const { uri } = await broker.open();
    const connection = await Connection.open({ uri, heartbeat: 10, name: 'test' });
    t.after(() => connection.close());
    const ended = await connection.openConfirmChannel();

    ended.channel.publish('no such exchange', '', Buffer.alloc(1));
    for (let n = 0; n < 16; n += 1) ended.channel.publish('', 'nobody', Buffer.alloc(4_000_000));
    await ended.closed;
    const next = connection.openConfirmChannel();

    assert.ok(await Deadline.in(10_000).within(next), 'the broker never answered');
    const { channel } = await next;
    channel.publish('', 'nobody', Buffer.alloc(1));
    await channel.waitForConfirms();
  });

interface Line {
  readonly uri: string;
  /** From now on nothing reaches the broker, as when it is short of memory. */
  freeze(): void;
  /** From now on no more than so many bytes a second reach it. */
  slow(rate: number): void;
  /** Resolves when our side has closed it. */
  hungUp(): Promise<unknown>;
}

/** A line to the broker that can be frozen. */
async function openLine(t: TestContext, uri: string): Promise<Line> {
  const { hostname, port } = new URL(uri);
  let client: Socket | undefined;
  let broker: Socket | undefined;
  const server = createServer((socket) => {
    client = socket.on('error', () => {});
    broker = connect(Number(port), hostname).on('error', () => {});
    client.pipe(broker).pipe(client);
  }).listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    client?.destroy();
    broker?.destroy();
  });
  await once(server, 'listening');
  const through = new URL(uri);
  through.port = String((server.address() as AddressInfo).port);
  return {
    uri: through.href,
    freeze: () => {
      client?.unpipe();
      client?.resume();
    },
    slow: (rate) => {
      client?.unpipe();
      client?.on('data', (chunk) => {
        broker?.write(chunk);
        client?.pause();
        setTimeout(() => client?.resume(), (chunk.byteLength / rate) * 1_000);
      });
      client?.resume();
    },
    hungUp: () => once(client as Socket, 'close'),
  };
}
