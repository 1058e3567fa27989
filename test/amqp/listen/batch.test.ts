import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventListener } from '@micro-framework/amqp';
import { intakePlan } from '@micro-framework/amqp/internal';
import { BatchError, bootstrap, type CallRequest, type Ending, Module, Service } from '@micro-framework/core';
import { json, openPeer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { succeeded } from '../../support/fake-context.js';
import { listen } from '../../support/listen.js';
import { openVhost } from '../../support/rabbitmq.js';

const error = { name: 'Error', message: 'no' };
const never = 2 ** 31 - 1;

describe('a batch', () => {
  test('is dispatched when it is full, without waiting for more', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(t, uri, {
      source: unique('shop'),
      batch: { size: 5, maxWait: never },
    });

    for (let n = 0; n < 12; n++) await peer.send(queue, { body: { n } });
    await eventually(() => assert.deepEqual(context.batches, [5, 5]));
    for (let n = 12; n < 15; n++) await peer.send(queue, { body: { n } });

    await eventually(() => assert.deepEqual(context.batches, [5, 5, 5]));
  });

  test('is dispatched when its first message has waited long enough', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(t, uri, {
      source: unique('shop'),
      batch: { size: 100, maxWait: 100 },
    });

    for (let n = 0; n < 3; n++) await peer.send(queue, { body: { n } });
    await eventually(() => assert.equal(context.requests.length, 3));
    await context.drained();

    assert.equal(await peer.count(queue), 0);
  });

  test('is settled message by message: acknowledged, tried again with its own count, dead-lettered', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const ends: Record<string, (request: CallRequest) => Ending> = {
      fine: () => succeeded,
      slow: ({ attempt = 1 }) =>
        attempt > 1 ? succeeded : { kind: 'retry', delay: 100, attempt: 2, error, call: 'c' },
      bad: () => ({ kind: 'dead-letter', reason: 'failed', attempt: 1, error, call: 'c' }),
    };
    const { context, queue } = await listen(
      t,
      uri,
      { source: unique('shop'), batch: { size: 3, maxWait: 1_500 }, backOff: { interval: 100 } },
      (request) => ends[request.messageId ?? '']?.(request) ?? assert.fail('a message without a name'),
    );

    await Promise.all(['fine', 'slow', 'bad'].map((messageId) => peer.send(queue, { body: {}, messageId })));
    const dead = await peer.take(`${queue}.dead`);
    await eventually(() => assert.equal(context.requests.length, 4));
    await context.drained();

    assert.equal(dead.properties.messageId, 'bad');
    assert.deepEqual(context.batches, [3, 1]);
    const again = context.requests[3];
    assert.deepEqual([again?.messageId, again?.attempt], ['slow', 2]);
    assert.equal(await peer.count(queue), 0);
  });

  test('that is not full goes back when the service stops', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, consumer, queue } = await listen(
      t,
      uri,
      { source: unique('shop'), batch: { size: 100, maxWait: never } },
      () => ({ kind: 'requeue', reason: 'stopping' }),
    );
    await peer.send(queue, { body: {} });
    await peer.send(queue, { body: {} });
    await eventually(async () => assert.equal(await peer.count(queue), 0));

    await consumer.stop();
    await context.drained();

    assert.deepEqual(context.batches, [2]);
    await eventually(async () => assert.equal(await peer.count(queue), 2));
  });

  test('leaves out what the broker took back while it was gathered', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, consumer, queue } = await listen(t, uri, {
      source: unique('shop'),
      batch: { size: 100, maxWait: never },
    });
    await peer.send(queue, { body: {} });
    await eventually(async () => assert.equal(await peer.count(queue), 0));

    await context.stopShared();
    await consumer.stop();

    assert.deepEqual(context.batches, []);
    await eventually(async () => assert.equal(await peer.count(queue), 1));
  });

  test('may be as many as workers can take, or what was said', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const held: (() => void)[] = [];
    const hold = (): Promise<Ending> =>
      new Promise((resolve) => {
        held.push(() => resolve(succeeded));
      });
    const { context, queue } = await listen(t, uri, { source: unique('shop'), batch: { size: 2 } }, hold);
    for (let n = 0; n < 30; n++) await peer.send(queue, { body: { n } });

    // The test's workers run ten calls.
    await eventually(async () => assert.equal(await peer.count(queue), 10));
    assert.equal(context.requests.length, 20);
    for (const release of held) release();
    await eventually(() => assert.equal(context.requests.length, 30));
    for (const release of held) release();
  });

  test('reaches a handler of a service, which says what failed', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const [serviceName, source] = [unique('ledger'), unique('shop')];
    const called: number[][] = [];
    const store = async (n: number): Promise<void> => {
      if (n % 3 === 0) throw new Error(`${n} is not booked`);
    };
    @Service()
    class Ledger {
      @EventListener<{ n: number }>(source, 'order', {
        batch: { size: 5, maxWait: 2_000 },
        filter: ({ n }) => n !== 4,
      })
      async book(orders: { n: number }[]): Promise<void> {
        called.push(orders.map(({ n }) => n));
        BatchError.throwIfRejected(await Promise.allSettled(orders.map(({ n }) => store(n))));
      }
    }
    @Module({ services: [Ledger] })
    class LedgerModule {}
    const options = { workerMode: 'inline', logLevel: 'silent', signals: false, maxWorkers: 1 } as const;
    const runner = await bootstrap(LedgerModule, { serviceName, amqpUri: uri, ...options });
    const queue = `${source}.order__${serviceName}.Ledger.book`;

    await Promise.all([1, 2, 3, 4, 5].map((n) => peer.publish(`${source}.events`, 'order', { body: { n } })));
    const dead = await peer.take(`${queue}.dead`);
    await eventually(() => assert.equal(runner.routes[0]?.counts.succeeded, 3));
    await runner.stop();

    assert.deepEqual(called, [[1, 2, 3, 5]]);
    assert.deepEqual(json(dead), { n: 3 });
    assert.equal(dead.properties.headers?.['x-mf-error-message'], '3 is not booked');
    const { succeeded: done, filtered, failed, deadLettered } = runner.routes[0]?.counts ?? {};
    assert.deepEqual([done, filtered, failed, deadLettered], [3, 1, 1, 1]);
    assert.equal(await peer.count(queue), 0);
  });
});

describe('a listener has in hand', () => {
  test('what its workers can run, in whole batches, and no more than AMQP can count', () => {
    assert.equal(intakePlan({}, 6).prefetch, 6);
    assert.equal(intakePlan({}, 10_240_000).prefetch, 65_535);
    assert.equal(intakePlan({ batch: { size: 100 } }, 6).prefetch, 600);
    assert.equal(intakePlan({ batch: { size: 60_000 } }, 6).prefetch, 65_535);
  });

  test('one message, or one batch, where they are to stay in order', () => {
    assert.equal(intakePlan({ singleActive: true }, 6).prefetch, 1);
    assert.equal(intakePlan({ singleActive: true, batch: { size: 50 } }, 6).prefetch, 50);
  });

  test('what its options say', () => {
    assert.equal(intakePlan({ singleActive: true, prefetch: 20 }, 6).prefetch, 20);
  });
});
