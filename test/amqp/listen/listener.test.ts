import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { headerNames } from '@micro-framework/amqp';
import type { RouteCounts } from '@micro-framework/core';
import { json } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { type OrdersService, queueOf, startOrders } from '../orders.js';

const stackHashes = new Set<unknown>();

for (const workerMode of ['inline', 'thread', 'process'] as const) {
  describe(`a listener whose handler runs ${workerMode === 'inline' ? 'inline' : `in a ${workerMode}`}`, () => {
    let service: OrdersService;
    const cleanUps: (() => unknown)[] = [];

    before(async () => {
      const suite = { after: (cleanUp: () => unknown) => void cleanUps.unshift(cleanUp) };
      service = await startOrders(suite as never, { workerMode, maxWorkers: 2, taskGrace: 200 });
    });

    after(async () => {
      for (const cleanUp of cleanUps) await cleanUp();
    });

    test('is called with the payload, once', async () => {
      const headers = { tenant: 'a', 'nameko.call_id_stack': ['py.m.1', 'py.n.2'] };

      await service.order({ id: 'o1', does: 'succeed' }, { headers });
      const seen = await eventually(() => {
        const [first, ...others] = service.seen('o1');
        assert.ok(first);
        assert.deepEqual(others, []);
        return first;
      });
      await service.settled();

      assert.equal(seen.attempt, 1);
      assert.equal(seen.retryCount, 0);
      assert.equal(seen.lastRetry, undefined);
      assert.equal((seen.headers as { tenant?: string }).tenant, 'a');
      const stack = seen.callIdStack as string[];
      assert.deepEqual(stack.slice(0, 2), ['py.m.1', 'py.n.2']);
      assert.match(stack[2] ?? '', new RegExp(`^${service.name}\\.Orders\\.handle\\.[0-9a-f-]{36}$`));
    });

    test('is called again after a failure, and told how often it was', async () => {
      await service.order({ id: 'o2', does: 'fail-twice' });
      await eventually(() => assert.equal(service.seen('o2').length, 3));
      await service.settled();

      assert.deepEqual(
        service
          .seen('o2')
          .map(({ attempt, retryCount, lastRetry }) => [attempt, retryCount, typeof lastRetry]),
        [
          [1, 0, 'undefined'],
          [2, 1, 'string'],
          [3, 2, 'string'],
        ],
      );
    });

    test('fails for good: onFailure, then the dead letters, with the reason', async () => {
      const order = { id: 'o3', does: 'fail' } as const;

      await service.order(order, { headers: { tenant: 'b' } });
      const dead = await service.dead('o3');

      assert.deepEqual(
        service.seen('o3').map(({ by, attempt }) => [by, attempt]),
        [
          ['handler', 1],
          ['handler', 2],
          ['handler', 3],
          ['onFailure', 3],
        ],
      );
      assert.deepEqual(service.seen('o3')[3]?.order, order);
      assert.equal(service.seen('o3')[3]?.error, 'out of stock');
      assert.deepEqual(json(dead), order);
      const { headers = {} } = dead.properties;
      assert.equal(headers.tenant, 'b');
      assert.equal(headers[headerNames.reason], 'failed');
      assert.equal(headers[headerNames.attempt], 3);
      assert.equal(headers[headerNames.errorMessage], 'out of stock');
      assert.equal(headers[headerNames.originQueue], service.queue);
      // The same place in every mode, whatever stands around the handler there.
      stackHashes.add(headers[headerNames.errorStackHash]);
      assert.match([...stackHashes].join(), /^[0-9a-f]{12}$/);
    });

    test('fails with what is not to be tried again: at once', async () => {
      await service.order({ id: 'o4', does: 'fail-for-good' });
      await service.dead('o4');

      assert.deepEqual(
        service.seen('o4').map(({ by }) => by),
        ['handler', 'onFailure'],
      );
    });

    test('throws undefined: a failure like any other', async () => {
      await service.order({ id: 'o5', does: 'throw-undefined' });
      const dead = await service.dead('o5');

      assert.equal(dead.properties.headers?.[headerNames.reason], 'failed');
      assert.match(dead.properties.headers?.[headerNames.errorMessage], /undefined/);
    });

    test('returns what cannot be cloned: nobody waits for it, so it has succeeded', async () => {
      const { succeeded } = counts();

      await service.order({ id: 'o6', does: 'return-function' });
      await eventually(() => assert.equal(counts().succeeded, succeeded + 1));

      assert.equal(service.seen('o6').length, 1);
    });

    const malformed: [string, string, object?][] = [
      ['is cut off', '{"id":'],
      ['is empty', ''],
      ['has another content type', '{}', { contentType: 'text/xml' }],
      ['has an unknown encoding', '{}', { contentEncoding: 'gzip' }],
    ];
    for (const [what, body, properties] of malformed) {
      test(`a message that ${what} is dead-lettered once, without a call`, async () => {
        const before = counts();

        await service.peer.send(service.queue, { body, messageId: what, ...properties });
        const dead = await service.dead(what);
        await eventually(() => assert.equal(counts().rejected, before.rejected + 1));

        assert.equal(dead.content.toString(), body);
        assert.equal(dead.properties.headers?.[headerNames.reason], 'rejected');
        assert.equal(dead.properties.headers?.[headerNames.errorCode], 'BAD_INPUT');
        assert.equal(counts().succeeded, before.succeeded);
        assert.equal(counts().failed, before.failed);
      });
    }

    test('gets a body of 10 MB', async () => {
      const filler = 'x'.repeat(10 * 1024 * 1024);

      await service.order({ id: 'o7', does: 'succeed', filler });
      await eventually(() => assert.equal(service.seen('o7')[0]?.size, filler.length));
    });

    test('gets __proto__ keys as harmless data', async () => {
      const body = '{"id":"o8","does":"succeed","__proto__":{"admin":true}}';

      await service.peer.send(service.queue, { body });
      const seen = await eventually(() => service.seen('o8')[0] ?? assert.fail());

      assert.equal(seen.admin, undefined);
    });

    test('has a filter that throws: a failed attempt, tried again, then dead', async () => {
      const { retried } = counts();

      await service.order({ id: 'o9', does: 'break-filter' });
      const dead = await service.dead('o9');

      assert.equal(counts().retried, retried + 2);
      assert.equal(dead.properties.headers?.[headerNames.errorMessage], 'the filter broke');
      await eventually(() =>
        assert.deepEqual(
          service.seen('o9').map(({ by, error }) => [by, error]),
          [['onFailure', 'the filter broke']],
        ),
      );
    });

    test('does not get what its filter does not want', async () => {
      const { filtered } = counts();

      await service.order({ id: 'o10', does: 'be-filtered' });
      await eventually(() => assert.equal(counts().filtered, filtered + 1));
      await service.settled();

      assert.deepEqual(service.seen('o10'), []);
    });

    test('publishes when it has succeeded, and nothing for an attempt that failed', async () => {
      await service.order({ id: 'o11', does: 'publish-and-fail-once' });
      await eventually(() => assert.equal(service.events('made', 'o11').length, 1));
      await service.settled();

      assert.deepEqual(
        service.events('made', 'o11').map((message) => json(message)),
        [{ id: 'o11', attempt: 2 }],
      );
    });

    test('publishes as the Python originals do, with the ids of the calls that led to it', async () => {
      await service.order(
        { id: 'o12', does: 'publish' },
        { headers: { 'nameko.call_id_stack': ['py.m.1'] } },
      );
      const made = await eventually(() => service.events('made', 'o12')[0] ?? assert.fail());

      const { headers = {}, messageId, ...properties } = made.properties;
      assert.match(messageId, /^[0-9a-f-]{36}$/);
      assert.equal(properties.contentType, 'application/json');
      assert.equal(properties.contentEncoding, 'utf-8');
      assert.equal(properties.deliveryMode, 2);
      assert.equal(properties.priority, 3);
      assert.equal(headers.tenant, 'a');
      assert.equal(headers['nameko.call_id_stack'].length, 2);
      assert.equal(headers['nameko.call_id_stack'][0], 'py.m.1');
    });

    test('publishes what must be taken and is not: the attempt has failed', async () => {
      await service.order({ id: 'o13', does: 'publish-mandatory' });
      const dead = await service.dead('o13');

      assert.equal(dead.properties.headers?.[headerNames.errorCode], 'UNROUTABLE');
    });

    test('publishes what is no JSON: told in the handler', async () => {
      await service.order({ id: 'o14', does: 'publish-nonsense' });
      const dead = await service.dead('o14');

      assert.equal(dead.properties.headers?.[headerNames.errorCode], 'UNSENDABLE');
      assert.match(dead.properties.headers?.[headerNames.errorMessage], /BigInt/);
    });

    if (workerMode !== 'inline') {
      test('kills its worker once: the message is tried again and done', async () => {
        await service.order({ id: 'o15', does: 'exit-once' });
        await eventually(() => assert.equal(service.seen('o15').length, 2));
        await service.settled();

        assert.deepEqual(
          service.seen('o15').map(({ attempt }) => attempt),
          [1, 2],
        );
      });

      test('kills its worker each time: dead after its attempts, and the others are done', async () => {
        await service.order({ id: 'o16', does: 'exit' });
        for (let n = 0; n < 20; n++) await service.order({ id: `good-${n}-`, does: 'succeed' });
        const dead = await service.dead('o16');
        await eventually(() => {
          for (let n = 0; n < 20; n++) assert.equal(service.seen(`good-${n}-`).length >= 1, true);
        });

        assert.equal(dead.properties.headers?.[headerNames.reason], 'crashed');
        assert.equal(dead.properties.headers?.[headerNames.errorCode], 'WORKER_CRASHED');
        assert.equal(service.seen('o16').filter(({ by }) => by === 'handler').length, 3);
      });

      test('never returns: ended at its time limit, dead after its attempts', async () => {
        await service.peer.send(queueOf(service.name, 'endless', 'endless'), {
          body: { id: 'o17' },
          messageId: 'o17',
        });
        const dead = await service.dead('o17');

        assert.equal(dead.properties.headers?.[headerNames.reason], 'timed-out');
        assert.equal(service.seen('o17').filter(({ by }) => by === 'handler').length, 3);
      });
    }

    test('left nothing behind, and was not called more often than told', async () => {
      await service.settled();
      await service.runner.stop();

      assert.equal(await service.peer.count(service.queue), 0);
      assert.equal(service.runner.failure, undefined);
    });

    function counts(): RouteCounts {
      return { ...(service.runner.routes[0]?.counts as RouteCounts) };
    }
  });
}
