import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Deadline } from '@micro-framework/core';
import {
  errorOf,
  type OpenExecutor,
  openExecutor,
  resultOf,
  startExecutor,
} from '../../support/executor/executors.js';
import { nested } from '../../support/executor/handlers.js';

/** What workers promise: nothing a handler does costs more than its own worker. */
export function workerContract(mode: 'thread' | 'process'): void {
  describe(`workers in mode ${mode}`, () => {
    let shared: OpenExecutor;
    before(async () => {
      const answer = async () => () => 1;
      shared = openExecutor({ mode, tasksPerWorker: 4, env: { FIXTURE_ADDED: 'yes' }, answer });
      await shared.executor.start();
    });
    after(() => shared.executor.stop(Deadline.in(0)));

    test('a result that cannot be cloned fails its call alone', async () => {
      const [first, second, good] = await Promise.all([
        shared.call('returnFunction'),
        shared.call('returnGetter'),
        shared.call('echo', 1),
      ]);

      for (const outcome of [first, second]) {
        assert.equal(errorOf(outcome).code, 'NOT_CLONEABLE');
        assert.deepEqual([outcome.kind, 'retryable' in outcome && outcome.retryable], ['failed', false]);
      }
      assert.match(errorOf(first).message, /^Tests\.returnFunction: .*\(\) => 1 could not be cloned/);
      assert.equal(resultOf(good), 1);
    });

    test('an input that cannot be cloned fails its call alone', async () => {
      const [before, bad, after] = await Promise.all([
        shared.call('echo', 1),
        shared.call('echo', { f: () => 1 }),
        shared.call('echo', 2),
      ]);

      assert.equal(errorOf(bad).code, 'NOT_CLONEABLE');
      assert.equal(bad.kind, 'rejected');
      assert.match(errorOf(bad).message, /^Tests\.echo: .* could not be cloned\. Pass plain data\.$/);
      assert.deepEqual([resultOf(before), resultOf(after)], [1, 2]);
    });

    for (const kind of ['objects', 'arrays'] as const) {
      test(`an input of ${kind} costs no worker however deep it is: it arrives, or is rejected`, async () => {
        const arrives = async (depth: number): Promise<boolean> => {
          const [outcome, beside] = await Promise.all([
            shared.call('timeLeft', nested(kind, depth)),
            shared.call('echo', 'beside'),
          ]);
          assert.equal(resultOf(beside), 'beside');
          if (outcome.kind === 'succeeded') return true;
          assert.deepEqual(
            [outcome.kind, errorOf(outcome).code],
            ['rejected', 'NOT_CLONEABLE'],
            `at ${depth}`,
          );
          assert.match(
            errorOf(outcome).message,
            /: it is nested deeper than 500 levels\. Pass plain data\.$/,
          );
          return false;
        };

        assert.equal(await arrives(500), true);
        for (const depth of [700, 1_800, 2_000, 2_500, 3_000, 5_000, 20_000])
          assert.equal(await arrives(depth), false);
      });

      test(`a result of ${kind} fails alone where it is nested too deep`, async () => {
        for (const depth of [700, 2_000, 2_500, 6_000, 20_000]) {
          const [outcome, beside] = await Promise.all([
            shared.call('returnNested', { kind, depth }),
            shared.call('echo', 'beside'),
          ]);
          assert.equal(outcome.kind, 'failed', `at ${depth}`);
          assert.equal(errorOf(outcome).code, 'NOT_CLONEABLE');
          assert.match(errorOf(outcome).message, /it is nested deeper than 500 levels\./);
          assert.equal(resultOf(beside), 'beside');
        }
        assert.deepEqual(
          resultOf(await shared.call('returnNested', { kind, depth: 500 })),
          nested(kind, 500),
        );
      });
    }

    test('a circle is no depth, and neither are many items, or holes', async () => {
      const circle = resultOf(await shared.call('returnCircle')) as { self: unknown; twice: unknown[] };
      assert.equal(circle.self, circle);
      assert.equal(circle.twice[1], circle);

      const items = Array.from({ length: 200_000 }, (_, index) => ({ index }));
      let shares: unknown = 1;
      for (let level = 0; level < 60; level += 1)
        shares = level % 2 ? [shares, shares] : new Map([[shares, shares]]);
      let inner = resultOf(await shared.call('echo', shares));
      while (typeof inner === 'object')
        [inner] = Array.isArray(inner) ? inner : (inner as Map<unknown, unknown>).keys();
      assert.equal(inner, 1);
      const holes: unknown[] = [];
      holes[4_000_000_000] = 1;
      assert.equal((resultOf(await shared.call('echo', items)) as unknown[]).length, 200_000);
      assert.equal((resultOf(await shared.call('echo', holes)) as unknown[])[4_000_000_000], 1);
    });

    test('a question or an answer that cannot be cloned is thrown in the handler', async () => {
      const outcomes = [await shared.call('askFunction'), await shared.call('ask', 1)];

      for (const outcome of outcomes) assert.equal(errorOf(outcome).code, 'NOT_CLONEABLE');
    });

    test('what a handler says on the channel by itself harms nobody', async () => {
      assert.equal(resultOf(await shared.call('talk')), 'talked');
      assert.equal(resultOf(await shared.call('echo', 1)), 1);
    });

    test('two calls with one id both end', async () => {
      const outcomes = [1, 2].map((input) => shared.call('echo', input, { id: 'same' }));

      assert.deepEqual((await Promise.all(outcomes)).map(resultOf), [1, 2]);
    });

    test('workers have an environment of their own, with what the plan adds', async () => {
      await shared.call('setEnv', ['FIXTURE_LEAK', 'leaked']);

      assert.equal(resultOf(await shared.call('env', 'FIXTURE_ADDED')), 'yes');
      assert.equal(process.env.FIXTURE_LEAK, undefined);
    });

    test('a question that is still open when its call times out is rejected', async (t) => {
      const answer = () => new Promise(() => {});
      const { call } = await startExecutor(t, { mode, answer, taskGrace: 3_000 });

      const outcome = await call('ask', 1, { timeout: 100 });

      assert.equal(outcome.kind, 'timed-out');
      assert.match(errorOf(outcome).message, /ended only after its signal was aborted/);
    });

    test('a question that is still open when the worker stops is rejected', async (t) => {
      const file = join(await mkdtemp(join(tmpdir(), 'questions-')), 'answer');
      t.after(() => rm(dirname(file), { recursive: true }));
      const answer = async (_dependency: string, request: unknown) =>
        request === 'stopping' ? undefined : new Promise(() => {});
      const { executor, call } = await startExecutor(t, { mode, answer });

      await call('askInBackground', file);
      await executor.stop(Deadline.in(1_000));

      assert.equal(await readFile(file, 'utf8'), 'BRIDGE_FAILED');
    });

    test('the deadline of a call that had to wait for a worker is that of its timer', async (t) => {
      const { call } = await startExecutor(t, { mode });

      const [, left] = await Promise.all([
        call('sleep', 500),
        call('timeLeft', undefined, { timeout: 2_000 }),
      ]);

      const ms = resultOf(left) as number;
      assert.ok(ms > 1_600 && ms <= 2_000, `${ms} ms were left`);
    });

    test('a full queue refuses', async (t) => {
      const { call } = await startExecutor(t, { mode, maxQueue: 2 });

      const outcomes = await Promise.all(Array.from({ length: 4 }, () => call('sleep', 50)));

      const kinds = outcomes.map(({ kind }) => kind);
      assert.deepEqual(kinds, ['succeeded', 'succeeded', 'succeeded', 'refused']);
      assert.deepEqual(outcomes[3], { kind: 'refused', reason: 'full' });
    });

    test('a worker gets as many calls as it may have, then another takes over', async (t) => {
      const { call } = await startExecutor(t, { mode, maxTasksPerChild: 3 });

      const seen: { worker: string; count: number }[] = [];
      for (let i = 0; i < 7; i += 1) seen.push(resultOf(await call('who')) as (typeof seen)[0]);

      assert.deepEqual(
        seen.map(({ count }) => count),
        [1, 2, 3, 1, 2, 3, 1],
      );
      assert.equal(new Set(seen.map(({ worker }) => worker)).size, 3);
    });
  });
}
