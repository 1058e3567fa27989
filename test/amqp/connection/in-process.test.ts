import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { ConnectError, ConnectionLostError } from '@micro-framework/amqp';
import { Connection } from '@micro-framework/amqp/internal';
import { type BrokerOptions, type InProcessStream, startBroker } from '@micro-framework/broker';
import { frame, method } from '../../support/broker-raw.js';
import { eventually } from '../../support/eventually.js';
import { isMethod } from '../../support/tcp-proxy.js';

describe('a connection to a broker of this thread', () => {
  test('knows what the broker can, publishes and is closed in good order', async (t) => {
    const { broker, options } = await start(t);

    const connection = await Connection.open(options);
    const { channel } = await connection.openConfirmChannel();
    await channel.assertQueue('q');
    channel.sendToQueue('q', Buffer.from('x'));
    await channel.waitForConfirms();

    assert.deepEqual(connection.capabilities, (await bySocket(t, options)).capabilities);
    assert.equal((await broker.status()).queues[0]?.ready, 1);
    await connection.close();
    assert.equal(await connection.ended, undefined);
    await eventually(async () => assert.equal((await broker.status()).connections, 1));
  });

  test('tells that it was dropped, and where it led', async (t) => {
    const { broker, options } = await start(t);
    const connection = await Connection.open(options);

    await broker.faults.dropConnections();

    assert.match(
      String(await connection.ended),
      /the connection to amqp:\S+:\*{3}@\S+ was lost: Unexpected close/,
    );
    assert.equal(connection.isOpen, false);
  });

  test('tells why a broker that is short of memory takes nothing', async (t) => {
    const { options } = await start(t, { maxBytes: 1_000 });
    const connection = await Connection.open(options);
    const { channel } = await connection.openConfirmChannel();
    const { queue } = await channel.assertQueue('');

    channel.sendToQueue(queue, Buffer.alloc(2_000));

    await eventually(() => assert.equal(connection.blocked, 'low on memory'));
    await connection.close();
  });

  test('that is closed in the same breath as a channel is opened opens none', async (t) => {
    const { broker, options } = await start(t);
    const goodbye = frame(1, 0, method(10, 50, Buffer.from([1, 64, 0, 0, 0, 0, 0])));
    const connect = (): InProcessStream => {
      const stream = broker.connect?.() ?? assert.fail('it runs in this thread');
      const push = stream.push.bind(stream);
      stream.push = (chunk: Buffer | null) =>
        push(chunk && isMethod(chunk, 85, 11) ? Buffer.concat([chunk, goodbye]) : chunk);
      return stream;
    };
    const connection = await Connection.open({ ...options, connect });

    await assert.rejects(connection.openConfirmChannel(), ConnectionLostError);

    assert.match(String(await connection.ended), /was lost: Connection closed: 320/);
  });

  test('leaves turns to timers, however much goes over it', async (t) => {
    const { options } = await start(t);
    const connection = await Connection.open(options);
    const { channel } = await connection.openConfirmChannel();
    await channel.assertQueue('short', { maxLength: 10 });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 10);
    t.after(() => clearInterval(timer));

    await new Promise<void>((resolve) => {
      let confirmed = 0;
      const publish = (): void => {
        channel.sendToQueue('short', Buffer.alloc(200), {}, () => {
          confirmed += 1;
          if (turns > 10 || confirmed > 300_000) resolve();
          else publish();
        });
      };
      for (let at = 0; at < 3_000; at++) publish();
    });

    assert.ok(turns > 10, `${turns} turns`);
    await connection.close();
  });

  test('is refused as one by a socket is', async (t) => {
    const { broker, options } = await start(t);
    await (await Connection.open(options)).close();
    await broker.faults.refuseConnections(true);

    await assert.rejects(Connection.open(options), (error) => {
      assert.ok(error instanceof ConnectError);
      assert.match(error.message, /closed the connection at once/);
      return true;
    });
  });

  test('is not waited for longer than was asked', async (t) => {
    const { broker, options } = await start(t);
    await (await Connection.open(options)).close();
    await broker.faults.delayFrames(500);

    await assert.rejects(Connection.open({ ...options, timeout: 50 }), /did not answer in time/);
  });

  test('is not waited for once it is abandoned', async (t) => {
    const { broker, options } = await start(t);
    await (await Connection.open(options)).close();
    await broker.faults.delayFrames(500);
    const stop = new AbortController();

    const opening = Connection.open({ ...options, abandoned: stop.signal });
    setTimeout(() => stop.abort(), 20);

    await assert.rejects(opening, /abandoned/);
    await assert.rejects(Connection.open({ ...options, abandoned: stop.signal }), /abandoned/);
  });

  test('logs in by a name and a password of any letters, and so does one by a socket', async (t) => {
    const { options } = await start(t, { username: 'üser', password: 'pässwörd € 100%' });

    await assert.doesNotReject(bySocket(t, options));
    const connection = await Connection.open(options);

    await connection.close();
  });

  test('with a wrong password is refused for good', async (t) => {
    const { options } = await start(t);
    await (await Connection.open(options)).close();
    const uri = options.uri.replace(/:[^:@]+@/, ':wrong@');

    await assert.rejects(Connection.open({ ...options, uri }), { isPermanent: true });
  });
});

async function start(t: TestContext, brokerOptions: BrokerOptions = {}) {
  const broker = await startBroker(brokerOptions);
  t.after(() => broker.close());
  const { url, connect } = broker;
  assert.ok(url && connect);
  return { broker, options: { uri: url, connect, heartbeat: 10, name: 'test' } };
}

async function bySocket(t: TestContext, { uri }: { readonly uri: string }): Promise<Connection> {
  const connection = await Connection.open({ uri, heartbeat: 10, name: 'by socket' });
  t.after(() => connection.close());
  return connection;
}
