import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Connection } from '@micro-framework/amqp/internal';
import { openVhost } from '../support/rabbitmq.js';

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

interface Line {
  readonly uri: string;
  /** From now on nothing reaches the broker, as when it is short of memory. */
  freeze(): void;
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
    hungUp: () => once(client as Socket, 'close'),
  };
}
