import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  ConnectionLostError,
  PublishRefusedError,
  UnroutableError,
  UnsendableError,
} from '@micro-framework/amqp';
import {
  Connection,
  type Publication,
  Publisher,
  type PublisherLimits,
} from '@micro-framework/amqp/internal';
import { json, openPeer, type Peer } from '../../support/amqp-peer.js';
import { produce } from '../../support/producing.js';
import { openVhost } from '../../support/rabbitmq.js';

interface Publishing {
  readonly peer: Peer;
  readonly publisher: Publisher;
  readonly connection: Connection;
  readonly queue: string;
  /** Channels opened so far. */
  opened(): number;
}

async function publishing(t: TestContext, limits: Partial<PublisherLimits> = {}): Promise<Publishing> {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const queue = unique('q');
  await peer.channel.assertQueue(queue, { durable: true });
  const connection = await Connection.open({ uri, heartbeat: 10, name: 'test' });
  t.after(() => connection.close());
  let opened = 0;
  const publisher = new Publisher({ timeout: 30_000, messages: 50_000, bytes: 64 * 1024 * 1024, ...limits });
  const attach = async (): Promise<void> => {
    opened += 1;
    const link = await connection.openConfirmChannel();
    publisher.attach(link);
    void link.closed.then((fault) => {
      publisher.detach({ fault });
      if (connection.isOpen) return attach();
    });
  };
  t.after(() => publisher.end(new ConnectionLostError('the test is over')));
  await attach();
  return { peer, publisher, connection, queue, opened: () => opened };
}

function message(routingKey: string, n: number, properties: Publication['properties'] = {}): Publication {
  return { exchange: '', routingKey, body: Buffer.from(JSON.stringify({ n })), properties };
}

describe('publishing', () => {
  test('resolves when the broker has the message', async (t) => {
    const { publisher, peer, queue } = await publishing(t);

    await publisher.publish(message(queue, 1));

    assert.equal(await peer.count(queue), 1);
  });

  test('takes many at the same time and keeps their order', async (t) => {
    const { publisher, peer, queue } = await publishing(t);

    await Promise.all(Array.from({ length: 500 }, (_, n) => publisher.publish(message(queue, n))));

    assert.equal(await peer.count(queue), 500);
    const first = await peer.get(queue);
    assert.deepEqual(first && json(first), { n: 0 });
  });

  test('of what nobody takes is an error only when that was asked for', async (t) => {
    const { publisher } = await publishing(t);

    await publisher.publish(message('nobody', 1));

    await assert.rejects(publisher.publish(message('nobody', 1, { mandatory: true })), (error) => {
      assert.ok(error instanceof UnroutableError);
      assert.match(error.message, /nobody/);
      return true;
    });
  });

  test('never takes another message for one that came back', async (t) => {
    const { publisher, queue } = await publishing(t);
    const mandatory = { mandatory: true };

    const ends = await Promise.allSettled([
      publisher.publish(message(queue, 1, { ...mandatory, messageId: 'a' })),
      publisher.publish(message('nobody', 2, { ...mandatory, messageId: 'a' })),
      publisher.publish(message(queue, 3, { ...mandatory, messageId: 'b' })),
      publisher.publish(message('nobody', 4, { ...mandatory, messageId: 'b' })),
    ]);

    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
    );
  });

  test('to a full queue is refused', async (t) => {
    const { publisher, peer } = await publishing(t);
    const full = `full-${process.pid}-${Date.now()}`;
    await peer.channel.assertQueue(full, {
      durable: true,
      autoDelete: true,
      arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' },
    });
    await publisher.publish(message(full, 1));

    await assert.rejects(publisher.publish(message(full, 2)), PublishRefusedError);

    await peer.channel.deleteQueue(full);
  });

  test('one bad message does not cost the others their place', async (t) => {
    const { publisher, peer, queue, opened } = await publishing(t);

    const ends = await Promise.allSettled([
      ...Array.from({ length: 50 }, (_, n) => publisher.publish(message(queue, n))),
      publisher.publish({ ...message('x', 50), exchange: 'not-there' }),
      ...Array.from({ length: 50 }, (_, n) => publisher.publish(message(queue, 51 + n))),
    ]);

    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    assert.equal(refused.length, 1);
    assert.ok(refused[0] instanceof PublishRefusedError);
    assert.match(refused[0].message, /not-there/);
    assert.ok((await peer.count(queue)) >= 100);
    assert.ok(opened() > 1);
    await publisher.publish(message(queue, 200));
  });

  test('to an exchange that is missing costs the channel twice at the most, and the others nothing', async (t) => {
    const { publisher, queue, opened } = await publishing(t);
    const ends: Promise<void>[] = [];

    for (let n = 0; n < 20; n++) {
      const bad = publisher.publish({ ...message('x', n), exchange: 'not-there' });
      ends.push(publisher.publish(message(queue, n)));
      await assert.rejects(bad, (error) => {
        assert.ok(error instanceof PublishRefusedError);
        assert.match(error.message, /no exchange 'not-there'/);
        return true;
      });
    }
    await Promise.all(ends);

    assert.equal(opened(), 3);
  });

  test('to an exchange that comes back with the next channel is not refused, however often it goes', async (t) => {
    const { uri, unique } = await openVhost();
    const exchange = `${unique('gone')}.events`;
    const peer = await openPeer(t, uri);
    const producer = await produce(t, { amqpUri: uri, serviceName: exchange.replace('.events', '') });

    for (let times = 0; times < 3; times++) {
      await peer.channel.deleteExchange(exchange);
      await producer.publish('nobody_listens', {});
    }
  });

  test('of what cannot be encoded is told, and harms nothing', async (t) => {
    const { publisher, queue, opened } = await publishing(t);
    const headers = { long: 'x'.repeat(100_000) };

    await assert.rejects(publisher.publish(message(queue, 1, { headers })), UnsendableError);
    await publisher.publish(message(queue, 2));

    assert.equal(opened(), 1);
  });

  test('of numbers the broker cannot read is told, and does not cost the connection', async (t) => {
    const { publisher, queue, opened } = await publishing(t);

    for (const bad of [Infinity, -Infinity, NaN, { '!': 'double', value: NaN }]) {
      const headers = { shares: [{ bad }] };
      await assert.rejects(publisher.publish(message(queue, 1, { headers })), UnsendableError);
    }
    await publisher.publish(message(queue, 2, { headers: { finite: 1e308 } }));

    assert.equal(opened(), 1);
  });

  test('is idle once all is confirmed', async (t) => {
    const { publisher, queue } = await publishing(t);
    let confirmed = 0;
    for (let n = 0; n < 100; n++) publisher.publish(message(queue, n)).then(() => confirmed++, assert.fail);
    await Promise.resolve();

    await publisher.idle();
    await new Promise(setImmediate);

    assert.equal(confirmed, 100);
  });

  test('after the connection has ended is rejected, as is what waits', async (t) => {
    const { publisher, connection, queue } = await publishing(t);
    const waiting = publisher.publish(message(queue, 1));
    publisher.end(new ConnectionLostError('gone'));

    await assert.rejects(waiting, ConnectionLostError);
    await assert.rejects(publisher.publish(message(queue, 2)), ConnectionLostError);
    await connection.close();
  });
});
