import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { ConnectError } from '@micro-framework/amqp';
import { Connection } from '@micro-framework/amqp/internal';
import { openPeer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { listen } from '../../support/listen.js';
import { openVhost } from '../../support/rabbitmq.js';

describe('a service that cannot connect', () => {
  test('to where nobody listens says where it tried, and not the password', async (t) => {
    const uri = 'amqp://shop:secret@127.0.0.1:1/orders';

    await assert.rejects(listen(t, uri, {}), (error) => {
      assert.ok(error instanceof ConnectError);
      assert.match(error.message, /amqp:\/\/shop:\*\*\*@127\.0\.0\.1:1\/orders/);
      assert.match(error.message, /ECONNREFUSED/);
      assert.match(error.message, /AMQP_URI/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  test('for its password says so', async (t) => {
    const { uri } = await openVhost();
    const wrong = new URL(uri);
    wrong.password = 'secret';

    await assert.rejects(listen(t, wrong.href, {}), (error) => {
      assert.ok(error instanceof ConnectError);
      assert.match(error.message, /Check user and password/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  test('for its virtual host says so', async (t) => {
    const { uri } = await openVhost();
    const wrong = new URL(uri);
    wrong.pathname = '/not-there';

    await assert.rejects(listen(t, wrong.href, {}), /not-there[\s\S]*Does the virtual host exist/);
  });

  test('for TLS on a port without it says so, in one line', async () => {
    const { uri } = await openVhost();

    const { message } = await connectFault(uri.replace('amqp:', 'amqps:'));

    assert.match(message, /this port does not speak TLS/);
    assert.match(message, /amqp:\/\/.*5671/);
    assert.doesNotMatch(message, /openssl|\n/);
  });

  test('to a program that waits for other words says that it does not speak AMQP', async (t) => {
    const port = await listenTo(t, () => {});

    const { message } = await connectFault(`amqp://localhost:${port}`, 300);

    assert.match(message, /something listens there, but it does not speak AMQP/);
    assert.match(message, /RabbitMQ's port/);
  });

  test('to a program that answers in other words says that it does not speak AMQP', async (t) => {
    const port = await listenTo(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));

    const { message } = await connectFault(`amqp://localhost:${port}`);

    assert.match(message, /something listens there, but what it answers is not AMQP/);
  });

  test('to a program that hangs up says that something listens there', async (t) => {
    const port = await listenTo(t, (socket) => socket.destroy());

    const { message } = await connectFault(`amqp://localhost:${port}`);

    assert.match(message, /something listens there, but it closed the connection/);
    assert.match(message, /amqps:\/\//);
  });
});

test('a service that stops closes its connection, and what it had not acknowledged goes back', async (t) => {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const { context, queue } = await listen(t, uri, { source: unique('shop') }, () => new Promise(() => {}));
  await peer.send(queue, { body: {} });
  await eventually(() => assert.equal(context.requests.length, 1));

  await context.stopShared();

  const { consumerCount, messageCount } = await peer.channel.checkQueue(queue);
  assert.deepEqual([consumerCount, messageCount], [0, 1]);
  assert.deepEqual(context.failures, []);
});

describe('a service that loses', () => {
  test('its queue declares it again and listens again', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(t, uri, { source: unique('shop') });

    await peer.channel.deleteQueue(queue);
    await eventually(async () => assert.equal(await peer.consumers(queue), 1));
    await peer.publish(`${unique('shop')}.events`, 'placed', { body: {} });
    await eventually(() => assert.equal(context.requests.length, 1));

    assert.deepEqual(context.failures, []);
    assert.equal(context.logged.filter((text) => /cancelled a consumer/.test(text)).length, 1);
  });
});

async function connectFault(uri: string, timeout = 5_000): Promise<ConnectError> {
  const error = await Connection.open({ uri, heartbeat: 10, name: 'test', timeout }).then(
    () => assert.fail('it connected'),
    (reason) => reason,
  );
  assert.ok(error instanceof ConnectError);
  return error;
}

/** A program on a port that does something with the first bytes it gets. */
async function listenTo(t: TestContext, answer: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', () => answer(socket));
  }).listen(0);
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
