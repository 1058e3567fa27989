import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventListener, type EventListenerOptions, headerNames } from '@micro-framework/amqp';
import type { EntrypointMark } from '@micro-framework/core';
import { openPeer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { type Listening, listenAs } from '../../support/listen.js';
import { openVhost } from '../../support/rabbitmq.js';
import { tap } from '../../support/wire-tap.js';

const error = { name: 'Error', message: 'no' };

describe('an event reaches', () => {
  test('one instance of each service of a pool, one of all for a singleton, and every one of a broadcast', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const source = unique('shop');
    const started = (handler: 'pool' | 'singleton' | 'broadcast', serviceName: string): Promise<Listening> =>
      listenAs(t, uri, EventListener(source, 'placed', { handler }).entrypoint, { config: { serviceName } });
    const kinds = ['pool', 'singleton', 'broadcast'] as const;
    const listening = await Promise.all(
      kinds.map((kind) =>
        Promise.all(['billing', 'billing', 'stock'].map((service) => started(kind, service))),
      ),
    );

    for (let n = 0; n < 10; n++) await peer.publish(`${source}.events`, 'placed', { body: { n } });
    // Two services; one; three instances.
    await eventually(() => assert.deepEqual(listening.map(taken), [20, 10, 30]));

    const [pool, singleton, broadcast] = listening as [Listening[], Listening[], Listening[]];
    assert.deepEqual(
      pool.map(({ queue }) => queue),
      [
        `${source}.placed__billing.Service.handle`,
        `${source}.placed__billing.Service.handle`,
        `${source}.placed__stock.Service.handle`,
      ],
    );
    assert.equal(pool[2]?.context.requests.length, 10);
    assert.deepEqual(new Set(singleton.map(({ queue }) => queue)), new Set([`evt-${source}-placed`]));
    for (const { context } of broadcast) assert.equal(context.requests.length, 10);
  });
});

describe("a broadcast's queue", () => {
  test('gathers what comes while its instance has no connection', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const line = await tap(t, uri);
    const { context, queue } = await listenAs(t, line.uri, broadcast(unique('shop')));
    const exchange = `${unique('shop')}.events`;
    await peer.publish(exchange, 'placed', { body: { n: 1 } });
    await eventually(() => assert.equal(context.requests.length, 1));
    await context.drained();
    const own = line.sent().find(({ args }) => String(args.queue).startsWith(`${queue}-`))?.args.queue;

    line.cut();
    await eventually(async () => {
      const { consumerCount } = await peer.channel.checkQueue(String(own));
      assert.equal(consumerCount, 0);
    });
    await peer.publish(exchange, 'placed', { body: { n: 2 }, messageId: 'meanwhile' });
    const waiting = await peer.count(String(own));
    line.mend();

    // The one before comes again if the cut took its acknowledgement along.
    await eventually(() => assert.equal(context.requests.at(-1)?.messageId, 'meanwhile'));
    assert.ok(waiting >= 1);
  });

  test('is not kept for ever without its instance, and is deleted when that stops', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, consumer, queue } = await listenAs(t, uri, broadcast(unique('shop')), {
      dispatch: () => ({ kind: 'dead-letter', reason: 'failed', attempt: 1, error, call: 'c' }),
    });
    await peer.publish(`${unique('shop')}.events`, 'placed', { body: {} });
    const dead = await peer.take(`${queue}.dead`);
    const own = dead.properties.headers?.[headerNames.originQueue] as string;
    // As declared, or this fails: it stays without a consumer, and not for ever.
    await peer.channel.assertQueue(own, { durable: true, arguments: { 'x-expires': 300_000 } });

    await consumer.stop();
    await context.drained();
    await context.stopShared();

    assert.match(own, new RegExp(`^${queue}-[0-9a-f]{32}$`));
    await assert.rejects(peer.channel.checkQueue(own), /NOT_FOUND/);
  });

  test('keeps its failures with those of all instances, and its retries to itself', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const attempts: number[] = [];
    const options = { backOff: { maxRetries: 1, interval: 200 } };
    const entrypoint = broadcast(unique('shop'), options);
    const { context, queue } = await listenAs(t, uri, entrypoint, {
      dispatch: ({ attempt = 1 }) => {
        attempts.push(attempt);
        return attempt === 1
          ? { kind: 'retry', delay: 200, attempt: 2, error, call: 'c1' }
          : { kind: 'dead-letter', reason: 'failed', attempt: 2, error, call: 'c2' };
      },
    });
    const from = Date.now();

    await peer.publish(`${unique('shop')}.events`, 'placed', { body: { n: 1 } });
    const dead = await peer.take(`${queue}.dead`);
    await context.drained();

    assert.ok(Date.now() - from >= 195);
    assert.deepEqual(attempts, [1, 2]);
    assert.equal(dead.content.toString(), '{"n":1}');
    assert.deepEqual(context.logged, ['a message went to the dead letters']);
    // Nothing of it waits where an instance that is gone would be missed.
    await assert.rejects(peer.channel.checkExchange('retry.200'), /NOT_FOUND/);
  });
});

function broadcast(source: string, options: EventListenerOptions = {}): EntrypointMark {
  return EventListener(source, 'placed', { handler: 'broadcast', ...options }).entrypoint;
}

function taken(all: readonly Listening[]): number {
  return all.reduce((sum, { context }) => sum + context.requests.length, 0);
}
