import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventListener, TopologyClashError, TopologyMissingError } from '@micro-framework/amqp';
import { session } from '@micro-framework/amqp/internal';
import type { Ending } from '@micro-framework/core';
import { json, openPeer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { listen, listenAs, listenToQueue } from '../../support/listen.js';
import { openVhost } from '../../support/rabbitmq.js';

const error = { name: 'Error', message: 'no' };

function deadLetter(attempt: number): Ending {
  return { kind: 'dead-letter', reason: 'failed', attempt, error, call: 'c' };
}

describe('a quorum queue', () => {
  test('is declared as one, and clashes with a classic one as one error that names both sides', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const [queue, other] = [unique('ordered'), unique('classic')];
    await peer.channel.assertQueue(other, { durable: true });

    const { context } = await listen(t, uri, { source: unique('shop'), queue, queueType: 'quorum' });

    const { quorumWaits } = context.shared(session).capabilities;
    const given = { ...quorumArguments(queue), ...(quorumWaits && atLeastOnce) };
    await peer.channel.assertQueue(queue, { durable: true, arguments: given });
    await assert.rejects(
      listen(t, uri, { source: unique('shop'), queue: other, queueType: 'quorum' }),
      (clash) => {
        assert.ok(clash instanceof TopologyClashError);
        assert.match(clash.message, new RegExp(`queue ${other} is on the broker already`));
        assert.match(clash.message, /Service\.handle \(.*\) wants it durable, .*"x-queue-type":"quorum"/);
        assert.match(clash.message, /the broker says: inequivalent arg/);
        return true;
      },
    );
  });

  test('does not count retries as deliveries: a message may be tried more often than it may be handed back', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const queue = unique('limited');
    let calls = 0;
    await listen(
      t,
      uri,
      {
        source: unique('shop'),
        queue,
        queueType: 'quorum',
        queueOptions: { arguments: { 'x-delivery-limit': 1 } },
        backOff: { maxRetries: 4, interval: 100 },
      },
      ({ attempt = 1 }) => {
        calls += 1;
        if (attempt === 5) return deadLetter(5);
        return { kind: 'retry', delay: 100, attempt: attempt + 1, error, call: 'c' };
      },
    );

    await peer.send(queue, { body: { n: 1 } });
    const dead = await peer.take(`${queue}.dead`);

    assert.equal(calls, 5);
    assert.equal(dead.properties.headers?.['x-mf-reason'], 'failed');
  });

  test('loses nothing that was handed back too often: it goes to the dead letters', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const queue = unique('limited');
    const options = {
      source: unique('shop'),
      queue,
      queueType: 'quorum',
      queueOptions: { arguments: { 'x-delivery-limit': 1 } },
    } as const;
    const { context } = await listen(t, uri, options, () => ({ kind: 'requeue', reason: 'no-worker' }));

    await peer.send(queue, { body: { n: 1 }, messageId: 'm1' });
    const dead = await peer.take(`${queue}.dead`);

    assert.equal(dead.properties.messageId, 'm1');
    assert.deepEqual(json(dead), { n: 1 });
    assert.equal(dead.properties.headers?.['x-death']?.[0]?.reason, 'delivery_limit');
    assert.equal(context.requests.length, 2);
  });
});

describe('a queue', () => {
  test('is declared with its own durability and arguments', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const queue = unique('own');
    const given = { 'x-max-length': 7, 'x-overflow': 'reject-publish' };

    await listen(t, uri, {
      source: unique('shop'),
      queue,
      queueOptions: { durable: false, autoDelete: true, arguments: given },
    });

    await peer.channel.assertQueue(queue, { durable: false, autoDelete: true, arguments: given });
  });

  test('that others declare is consumed as it is, and missed with one clear error', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const [theirs, nowhere] = [unique('theirs'), unique('nowhere')];
    await peer.channel.assertQueue(theirs, { durable: false, arguments: { 'x-max-length': 7 } });
    const queueOptions = { declare: false };

    const { context } = await listenToQueue(t, uri, [theirs, { queueOptions } as never]);
    await peer.send(theirs, { body: { n: 1 } });
    await eventually(() => assert.equal(context.requests.length, 1));

    await assert.rejects(listenToQueue(t, uri, [nowhere, { queueOptions } as never]), (missing) => {
      assert.ok(missing instanceof TopologyMissingError);
      assert.match(
        missing.message,
        new RegExp(`^the queue ${nowhere} is not on the broker, and Service\\.handle`),
      );
      return true;
    });
  });

  test('by itself gets what is sent to it, and what its exchange routes to it', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const [queue, exchange] = [unique('audit'), unique('changes')];
    const bound = { exchange: { name: exchange, type: 'direct', autoDelete: false }, routingKey: 'user' };

    const { context } = await listenToQueue(t, uri, [queue, bound as never]);
    await peer.channel.assertExchange(exchange, 'direct', { durable: true, autoDelete: false });
    await peer.send(queue, { body: { by: 'queue' } });
    await peer.publish(exchange, 'user', { body: { by: 'exchange' } });
    await peer.publish(exchange, 'users', { body: { by: 'nobody' } });
    await eventually(() => assert.equal(context.requests.length, 2));

    const retried = context.requests.map(({ attempt }) => attempt);
    assert.deepEqual(retried, [1, 1]);
  });
});

describe('an exchange of events', () => {
  const kinds = [
    ['auto-delete', { autoDelete: true }],
    ['permanent', { autoDelete: false }],
  ] as const;
  for (const [amqpEventExchanges, declared] of kinds) {
    test(`is ${amqpEventExchanges} where the service is set so`, async (t) => {
      const { uri, unique } = await openVhost();
      const peer = await openPeer(t, uri);
      const source = unique(`${amqpEventExchanges}`);

      await listenAs(t, uri, EventListener(source, 'placed').entrypoint, { config: { amqpEventExchanges } });

      await peer.channel.assertExchange(`${source}.events`, 'topic', { durable: true, ...declared });
    });
  }

  test('that others declare may be of any kind, and is missed with one clear error', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const source = unique('foreign');
    const entrypoint = EventListener(source, 'placed').entrypoint;
    const config = { amqpEventExchanges: 'foreign' } as const;

    await assert.rejects(listenAs(t, uri, entrypoint, { config }), TopologyMissingError);
    await peer.channel.assertExchange(`${source}.events`, 'topic', { durable: false, autoDelete: false });
    const { context } = await listenAs(t, uri, entrypoint, { config });
    await peer.publish(`${source}.events`, 'placed', { body: {} });

    await eventually(() => assert.equal(context.requests.length, 1));
  });

  test('is what the listener says, over what the service is set to', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const name = unique('headers');
    const entrypoint = EventListener('any', 'placed', {
      exchange: { name, type: 'headers', durable: false, autoDelete: false, declare: true },
      bindingArguments: { 'x-match': 'all', tenant: 'a' },
      queue: unique('by-header'),
    }).entrypoint;

    const { context } = await listenAs(t, uri, entrypoint, { config: { amqpEventExchanges: 'foreign' } });
    await peer.channel.assertExchange(name, 'headers', { durable: false, autoDelete: false });
    await peer.publish(name, '', { body: { n: 1 }, headers: { tenant: 'b' } });
    await peer.publish(name, '', { body: { n: 2 }, headers: { tenant: 'a' } });
    await eventually(() => assert.equal(context.requests.length, 1));

    assert.deepEqual(context.requests[0]?.headers, { tenant: 'a' });
  });
});

test('an exchange is declared with the arguments that its listener gives', async (t) => {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const [name, rest, other] = [unique('main'), unique('rest'), unique('other')];
  await peer.channel.assertExchange(rest, 'fanout', { autoDelete: true });
  await peer.channel.assertQueue(other, { autoDelete: true });
  await peer.channel.bindQueue(other, rest, '');
  const exchange = { name, autoDelete: true, arguments: { 'alternate-exchange': rest } };

  await listen(t, uri, { exchange, queue: unique('q') });
  await peer.publish(name, 'nobody.listens', { body: { n: 1 } });

  assert.deepEqual(json(await peer.take(other)), { n: 1 });
});

describe('among the consumers of a queue', () => {
  test('those of the highest priority are served first', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const queue = unique('shared');
    const low = await listenToQueue(t, uri, [queue, { priority: -1 } as never]);
    const high = await listenToQueue(t, uri, [queue, { priority: 5 } as never]);
    const middle = await listenToQueue(t, uri, [queue, {} as never]);

    for (let n = 0; n < 10; n++) await peer.send(queue, { body: { n } });
    await eventually(() => assert.equal(high.context.requests.length, 10));

    assert.deepEqual([low.context.requests, middle.context.requests], [[], []]);
  });

  test('a single active one is called with one message at a time, in order, until it has gone', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const queue = unique('ordered');
    let [running, most] = [0, 0];
    const slowly = async (): Promise<Ending> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return { kind: 'ack', value: undefined, filtered: false };
    };
    const options = { singleActive: true } as never;
    const first = await listenToQueue(t, uri, [queue, options], slowly);
    const second = await listenToQueue(t, uri, [queue, options], slowly);

    for (let n = 0; n < 10; n++) await peer.send(queue, { body: `${n}`, messageId: `${n}` });
    await eventually(() => assert.equal(first.context.requests.length, 10));
    await first.consumer.stop();
    await peer.send(queue, { body: '10' });
    await eventually(() => assert.equal(second.context.requests.length, 1));

    assert.equal(most, 1);
    const ids = first.context.requests.map(({ messageId }) => messageId);
    assert.deepEqual(ids, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    await peer.channel.assertQueue(queue, {
      durable: true,
      arguments: { 'x-single-active-consumer': true },
    });
  });
});

function quorumArguments(queue: string): object {
  return {
    'x-queue-type': 'quorum',
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': `${queue}.dead`,
  };
}

const atLeastOnce = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };
