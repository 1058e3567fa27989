import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  BadQueryError,
  type DeadLetterFilter,
  type DeadLetters,
  headerNames,
  TopologyMissingError,
} from '@micro-framework/amqp';
import type { Ending } from '@micro-framework/core';
import { json, openPeer, type Peer } from '../../support/amqp-peer.js';
import { type BrokerUnderTest, brokers } from '../../support/brokers.js';
import { bury, openDeadLetters } from '../../support/dead-letters.js';
import { eventually } from '../../support/eventually.js';
import { succeeded } from '../../support/fake-context.js';
import { listen } from '../../support/listen.js';

interface Place {
  readonly uri: string;
  readonly peer: Peer;
  readonly deadLetters: DeadLetters;
  readonly queue: string;
}

async function place(t: TestContext, broker: BrokerUnderTest): Promise<Place> {
  const { uri, unique } = await broker.open();
  const peer = await openPeer(t, uri);
  const queue = unique('work');
  await peer.channel.assertQueue(queue, { durable: true });
  await peer.channel.assertQueue(`${queue}.dead`, { arguments: { 'x-queue-type': 'classic' } });
  return { uri, peer, queue, deadLetters: await openDeadLetters(t, uri) };
}

/** Ids of what is in a queue, which is empty then. */
async function drained({ peer }: Place, queue: string): Promise<string[]> {
  const ids: string[] = [];
  for (let next = await peer.get(queue); next; next = await peer.get(queue))
    ids.push((json(next) as { id: string }).id);
  return ids;
}

const timedOut = { name: 'TimeoutError', message: 'too slow', code: 'ETIMEDOUT' };

for (const broker of brokers)
  describe(`dead letters on ${broker.name}`, () => {
    test('are listed with what their headers tell, the oldest first', async (t) => {
      const { peer, deadLetters, queue } = await place(t, broker);
      const before = Date.now();
      await bury(peer, queue, { id: 'c1', messageId: 'm1', error: timedOut, headers: { tenant: 'a' } });
      await bury(peer, queue, { id: 'c2', reason: 'rejected', contentType: 'text/plain', body: 'hé' });

      const { letters, more } = await deadLetters.list(queue);

      assert.equal(more, false);
      assert.deepEqual(
        letters.map(({ id }) => id),
        ['c1', 'c2'],
      );
      const { firstFailure = 0, lastFailure = 0, ...first } = letters[0] ?? assert.fail();
      assert.ok(firstFailure >= before && lastFailure >= firstFailure);
      assert.deepEqual(first, {
        id: 'c1',
        messageId: 'm1',
        reason: 'failed',
        attempts: 3,
        error: { ...timedOut, stackHash: undefined },
        origin: { exchange: 'shop.events', routingKey: 'placed', queue },
        headers: { tenant: 'a' },
        contentType: 'application/json',
        size: '{"id":"c1"}'.length,
      });
      assert.deepEqual([letters[1]?.reason, letters[1]?.size], ['rejected', 3]);
    });

    test('that somebody else put there are listed, too, and can be asked for', async (t) => {
      const { peer, deadLetters, queue } = await place(t, broker);
      await peer.send(`${queue}.dead`, { body: 'by hand', messageId: 'm1' });
      await peer.send(`${queue}.dead`, { body: 'nameless', headers: { 'x-death': 'nonsense' } });

      const { letters } = await deadLetters.list(`${queue}.dead`);
      const [first, second] = letters;
      const found = await deadLetters.inspect(queue, second?.id ?? '');

      assert.deepEqual([first?.id, first?.reason, first?.origin.queue], ['m1', undefined, queue]);
      assert.match(second?.id ?? '', /^[0-9a-f]{16}$/);
      assert.equal(Buffer.from(found?.body ?? '').toString(), 'nameless');
    });

    test('keep their order and their number, however often they are looked at', async (t) => {
      const here = await place(t, broker);
      const { peer, deadLetters, queue } = here;
      const ids = Array.from({ length: 30 }, (_, n) => `c${n}`);
      for (const id of ids) await bury(peer, queue, { id });

      await deadLetters.list(queue, { limit: 7 });
      await deadLetters.list(queue, { filter: { id: 'c29' } });
      await deadLetters.inspect(queue, 'c12');
      await deadLetters.replay(queue, {}, { dryRun: true });
      assert.equal(await deadLetters.count(queue), ids.length);

      assert.deepEqual(await drained(here, `${queue}.dead`), ids);
    });

    test('are listed in parts', async (t) => {
      const { peer, deadLetters, queue } = await place(t, broker);
      for (const id of ['a', 'b', 'c', 'd', 'e'])
        await bury(peer, queue, { id, reason: id === 'c' ? 'crashed' : 'failed' });
      const part = async (skip: number): Promise<[string[], boolean]> => {
        const page = await deadLetters.list(queue, { filter: { reason: 'failed' }, limit: 2, skip });
        return [page.letters.map(({ id }) => id), page.more];
      };

      assert.deepEqual(await part(0), [['a', 'b'], true]);
      assert.deepEqual(await part(2), [['d', 'e'], false]);
      assert.deepEqual(await part(4), [[], false]);
    });

    test('are chosen by each criterion, and by all of them together', async (t) => {
      const { peer, deadLetters, queue } = await place(t, broker);
      await bury(peer, queue, {
        id: 'slow',
        error: timedOut,
        headers: { tenant: 'a', retries: 2 },
        messageId: 'm1',
      });
      await bury(peer, queue, { id: 'old', age: 7_200_000, headers: { tenant: 'a' } });
      await bury(peer, queue, { id: 'crash', reason: 'crashed', headers: { tenant: 'b' } });
      await peer.send(`${queue}.dead`, { body: {}, messageId: 'foreign' });
      const chosen = async (filter: DeadLetterFilter): Promise<string[]> =>
        (await deadLetters.list(queue, { filter })).letters.map(({ id }) => id);

      assert.deepEqual(await chosen({}), ['slow', 'old', 'crash', 'foreign']);
      assert.deepEqual(await chosen({ errorCode: 'ETIMEDOUT' }), ['slow']);
      assert.deepEqual(await chosen({ errorName: ['TimeoutError', 'Error'] }), ['slow', 'old', 'crash']);
      assert.deepEqual(await chosen({ reason: 'crashed' }), ['crash']);
      assert.deepEqual(await chosen({ olderThan: 3_600_000 }), ['old']);
      assert.deepEqual(await chosen({ newerThan: 3_600_000 }), ['slow', 'crash']);
      assert.deepEqual(await chosen({ headers: { tenant: 'a' } }), ['slow', 'old']);
      assert.deepEqual(await chosen({ headers: { tenant: 'a', retries: 2 }, errorCode: ['ETIMEDOUT'] }), [
        'slow',
      ]);
      assert.deepEqual(await chosen({ messageId: 'm1', errorCode: 'OTHER' }), []);
      assert.deepEqual(await chosen({ id: ['crash', 'foreign'] }), ['crash', 'foreign']);
    });

    test('are replayed as they came, to the queue they came from, and leave', async (t) => {
      const here = await place(t, broker);
      const { peer, deadLetters, queue } = here;
      const body = '{ "n" : 1 }';
      await bury(peer, queue, { id: 'c0' });
      await bury(peer, queue, {
        id: 'c1',
        body,
        error: timedOut,
        headers: { tenant: 'a', 'nameko.call_id_stack': ['x'] },
        messageId: 'm1',
        correlationId: 'k1',
        priority: 4,
      });

      const report = await deadLetters.replay(queue, { errorCode: 'ETIMEDOUT' });
      const { content, properties, fields } = await peer.take(queue);

      assert.deepEqual(report, { dryRun: false, looked: 2, done: 1, failed: 0, failures: [], end: 'all' });
      assert.equal(content.toString(), body);
      assert.deepEqual(properties.headers, { tenant: 'a', 'nameko.call_id_stack': ['x'] });
      const { messageId, correlationId, priority, deliveryMode } = properties;
      assert.deepEqual([messageId, correlationId, priority, deliveryMode], ['m1', 'k1', 4, 2]);
      assert.equal(fields.routingKey, queue);
      assert.deepEqual(await drained(here, `${queue}.dead`), ['c0']);
    });

    test('are replayed in their order, however many', async (t) => {
      const here = await place(t, broker);
      const { peer, deadLetters, queue } = here;
      const ids = Array.from({ length: 100 }, (_, n) => `c${n}`);
      for (const id of ids) await bury(peer, queue, { id });

      const { done } = await deadLetters.replay(queue, {});

      assert.equal(done, ids.length);
      assert.deepEqual(await drained(here, queue), ids);
      assert.equal(await deadLetters.count(queue), 0);
    });

    test('whose queue is gone stay, and the report says why', async (t) => {
      const here = await place(t, broker);
      const { peer, deadLetters, queue } = here;
      for (const id of ['c1', 'c2', 'c3']) await bury(peer, queue, { id, messageId: id });
      await peer.channel.deleteQueue(queue);

      const { done, failed, failures } = await deadLetters.replay(queue, {});

      assert.deepEqual([done, failed], [0, 3]);
      assert.equal(failures[0]?.id, 'c1');
      assert.match(failures[0]?.error ?? '', new RegExp(`queue ${queue}`));
      assert.deepEqual(await drained(here, `${queue}.dead`), ['c1', 'c2', 'c3']);
    });

    test('can be replayed to another queue, or to an exchange', async (t) => {
      const here = await place(t, broker);
      const { peer, deadLetters, queue } = here;
      const { queue: other } = await peer.channel.assertQueue(`${queue}.other`);
      await peer.channel.assertExchange(`${queue}.events`, 'topic');
      await peer.channel.bindQueue(other, `${queue}.events`, 'placed');
      for (const id of ['c1', 'c2']) await bury(peer, queue, { id });

      await deadLetters.replay(queue, { id: 'c1' }, { to: { queue: other } });
      await deadLetters.replay(queue, { id: 'c2' }, { to: { exchange: `${queue}.events` } });

      assert.deepEqual(await drained(here, other), ['c1', 'c2']);
    });

    test('are handled again by the running service, once, even where that fails again', async (t) => {
      const { uri, peer, deadLetters, queue } = await place(t, broker);
      const error = { name: 'Error', message: 'again' };
      const came: (number | undefined)[] = [];
      const dead: Ending = { kind: 'dead-letter', reason: 'failed', attempt: 1, error, call: 'c2' };
      const { context } = await listen(t, uri, { source: queue, queue }, ({ attempt, messageId }) => {
        came.push(attempt);
        return messageId === 'good' ? succeeded : dead;
      });
      await bury(peer, queue, { id: 'c1', messageId: 'good' });
      await bury(peer, queue, { id: 'c1', messageId: 'bad' });

      const { done } = await deadLetters.replay(queue, {});
      await eventually(() => assert.equal(came.length, 2));
      await context.drained();
      await eventually(async () => assert.equal(await deadLetters.count(queue), 1));

      assert.equal(done, 2);
      assert.deepEqual(came, [1, 1]);
      const { letters } = await deadLetters.list(queue);
      assert.deepEqual([letters[0]?.messageId, letters[0]?.error?.message], ['bad', 'again']);
    });

    test('are discarded when they fit, up to the limit', async (t) => {
      const here = await place(t, broker);
      const { peer, deadLetters, queue } = here;
      for (const id of ['a', 'b', 'c', 'd'])
        await bury(peer, queue, { id, reason: id === 'b' ? 'rejected' : 'failed' });

      const report = await deadLetters.discard(queue, { reason: 'failed' }, { limit: 2 });

      assert.deepEqual([report.done, report.end, report.looked], [2, 'limit', 3]);
      assert.deepEqual(await drained(here, `${queue}.dead`), ['b', 'd']);
    });

    test('stay where they are in a dry run, which tells how many it would be', async (t) => {
      const here = await place(t, broker);
      const { peer, deadLetters, queue } = here;
      for (const id of ['a', 'b', 'c']) await bury(peer, queue, { id });

      const replayed = await deadLetters.replay(queue, { id: ['a', 'b'] }, { dryRun: true });
      const discarded = await deadLetters.discard(queue, {}, { dryRun: true });

      assert.deepEqual([replayed.dryRun, replayed.done, discarded.done], [true, 2, 3]);
      assert.equal(await peer.count(queue), 0);
      assert.deepEqual(await drained(here, `${queue}.dead`), ['a', 'b', 'c']);
    });

    test('are replayed no faster than the rate allows', async (t) => {
      const { peer, deadLetters, queue } = await place(t, broker);
      for (let n = 0; n < 11; n++) await bury(peer, queue, { id: `c${n}` });
      const from = performance.now();

      await deadLetters.replay(queue, {}, { rate: 20 });

      // The first goes at once, each of the others fifty milliseconds after the one before.
      const took = performance.now() - from;
      assert.ok(took >= 495, `${took} ms`);
    });

    test('are all seen by queries that come at the same time', async (t) => {
      const { peer, deadLetters, queue } = await place(t, broker);
      for (let n = 0; n < 20; n++) await bury(peer, queue, { id: `c${n}` });

      const pages = await Promise.all(Array.from({ length: 5 }, () => deadLetters.list(queue)));

      assert.deepEqual(
        pages.map(({ letters }) => letters.length),
        [20, 20, 20, 20, 20],
      );
    });

    test('take no more memory than one of them, however many are looked through', async (t) => {
      const { peer, deadLetters, queue } = await place(t, broker);
      const body = Buffer.alloc(64 * 1024, 'x');
      const count = 800;
      await Promise.all(
        Array.from({ length: count }, (_, n) =>
          bury(peer, queue, { id: `c${n}`, body, contentType: 'text/plain' }),
        ),
      );
      const collect = garbageCollector();
      const held = (): number => {
        collect();
        return process.memoryUsage().external;
      };
      // What was sent is let go of little by little.
      let before = Number.POSITIVE_INFINITY;
      for (let now = held(); now < before; now = held()) {
        before = now;
        await wait(100);
      }
      let most = 0;
      const sampling = setInterval(() => {
        most = Math.max(most, held() - before);
      }, 50);

      const { letters } = await deadLetters
        .list(queue, { limit: count })
        .finally(() => clearInterval(sampling));

      assert.equal(letters.length, count);
      // An embedded broker lives in this process, and holds them all before and after.
      assert.ok(most < (count * body.length) / 2, `${most} bytes`);
    });

    test('of a queue that does not exist are an error that names it', async (t) => {
      const { deadLetters, queue } = await place(t, broker);

      await assert.rejects(deadLetters.count('no-such'), TopologyMissingError);
      await assert.rejects(deadLetters.list('no-such'), /no queue no-such\.dead/);
      assert.equal(await deadLetters.count(queue), 0);
    });
  });

const nonsense: [string, (deadLetters: DeadLetters) => Promise<unknown>, RegExp][] = [
  [
    'an unknown criterion',
    (d) => d.discard('q', { errorcode: 'X' } as object),
    /'errorcode': use .*errorCode/,
  ],
  ['a criterion that is undefined', (d) => d.discard('q', { id: undefined } as object), /id .* is undefined/],
  ['no filter at all', (d) => d.discard('q', undefined as never), /write \{\} for all/],
  ['an empty list', (d) => d.replay('q', { id: [] }), /id .* is \[\]/],
  ['an age that is none', (d) => d.list('q', { filter: { olderThan: Number.NaN } }), /olderThan/],
  ['a header that is undefined', (d) => d.replay('q', { headers: { a: undefined } as never }), /header a/],
  [
    'an unknown option',
    (d) => d.discard('q', {}, { dryrun: true } as object),
    /dryrun does not exist: use dryRun/,
  ],
  ['a limit of none', (d) => d.discard('q', {}, { limit: 0 }), /limit is 0/],
  ['a rate of none', (d) => d.replay('q', {}, { rate: 0 }), /rate is 0/],
  [
    'a target that is two',
    (d) => d.replay('q', {}, { to: { queue: 'a', exchange: 'b' } }),
    /write \{ queue \}/,
  ],
];
for (const [what, ask, message] of nonsense)
  test(`dead letters: ${what} is refused, and never means all of them`, async (t) => {
    const { uri } = await (brokers[1] as BrokerUnderTest).open();
    const deadLetters = await openDeadLetters(t, uri);

    await assert.rejects(ask(deadLetters), (error) => {
      assert.ok(error instanceof BadQueryError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });

test('a message that a listener gave up is found by its call, with the place that failed', async (t) => {
  const { uri, unique } = await (brokers[0] as BrokerUnderTest).open();
  const peer = await openPeer(t, uri);
  const error = { name: 'E', message: 'm', stackHash: '0123456789ab' };
  const { queue, context } = await listen(t, uri, { source: unique('shop') }, () => ({
    kind: 'dead-letter',
    reason: 'failed',
    attempt: 1,
    error,
    call: 'call-1',
  }));
  await peer.send(queue, { body: '[1]', headers: { [headerNames.attempt]: 9 } });
  await eventually(async () => assert.equal(await peer.count(`${queue}.dead`), 1));
  await context.drained();

  const deadLetters = await openDeadLetters(t, uri);
  const letter = await deadLetters.inspect(queue, 'call-1');

  assert.equal(letter?.error?.stackHash, '0123456789ab');
  assert.equal(Buffer.from(letter?.body ?? '').toString(), '[1]');
});

/** Node hides it unless it was started with a flag. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
