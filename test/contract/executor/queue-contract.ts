import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deadline } from '@micro-framework/core';
import type { WorkerPlan } from '@micro-framework/core/internal';
import { openExecutor, resultOf, startExecutor } from '../../support/executor/executors.js';

/** What a stop does about queued calls: the greedy modes alone run them. */
export function queueContract(mode: Exclude<WorkerPlan['mode'], 'inline'>): void {
  const greedy = mode.startsWith('greedy');

  describe(`the queue in mode ${mode}`, () => {
    test(`a stop ${greedy ? 'runs' : 'refuses'} what is queued`, async (t) => {
      const { executor, call } = await startExecutor(t, { mode });

      const calls = Array.from({ length: 4 }, () => call('sleep', 50));
      await new Promise((resolve) => setImmediate(resolve));
      const left = await executor.stop(Deadline.in(5_000));

      const kinds = (await Promise.all(calls)).map(({ kind }) => kind);
      const queued = greedy ? 'succeeded' : 'refused';
      assert.deepEqual(kinds, ['succeeded', queued, queued, queued]);
      assert.equal(left, 0);
    });

    test('what nobody waits for any more when its turn comes is not begun', async (t) => {
      const { executor, call } = await startExecutor(t, { mode });
      const caller = new AbortController();

      const running = call('sleep', 50, {}, caller.signal);
      const unwanted = Array.from({ length: 3 }, () => call('sleep', 5_000, {}, caller.signal));
      const wanted = call('echo', 1, {}, new AbortController().signal);
      await new Promise((resolve) => setImmediate(resolve));
      caller.abort();

      assert.equal((await running).kind, 'succeeded');
      for (const outcome of await Promise.all(unwanted))
        assert.deepEqual(outcome, { kind: 'refused', reason: 'gone' });
      assert.equal(resultOf(await wanted), 1);
      assert.equal(executor.health().details.queued, 0);
    });

    test('a stop does not wait for what nobody waits for', { timeout: 20_000 }, async (t) => {
      const { executor, call } = await startExecutor(t, { mode });
      const caller = new AbortController();

      const running = call('sleep', 50);
      const unwanted = call('sleep', 5_000, {}, caller.signal);
      await new Promise((resolve) => setImmediate(resolve));
      const stopped = executor.stop(Deadline.in(60_000));
      caller.abort();

      assert.equal(await stopped, 0);
      assert.equal((await running).kind, 'succeeded');
      assert.deepEqual(await unwanted, { kind: 'refused', reason: greedy ? 'gone' : 'stopping' });
    });

    test('a call that its dying worker had not begun is not begun by another for nobody', async (t) => {
      const { call } = await startExecutor(t, { mode, tasksPerWorker: 2 });
      const caller = new AbortController();

      const dying = call('exit', 1);
      const unwanted = call('sleep', 5_000, {}, caller.signal);
      await new Promise((resolve) => setImmediate(resolve));
      caller.abort();

      assert.equal((await dying).kind, 'crashed');
      assert.deepEqual(await unwanted, { kind: 'refused', reason: 'gone' });
    });

    test(`a worker that dies during a stop is ${greedy ? '' : 'not '}replaced for the queue's sake`, async (t) => {
      const { executor, call } = await startExecutor(t, { mode });

      const calls = [call('exit', 1), call('echo')];
      await new Promise((resolve) => setImmediate(resolve));
      await executor.stop(Deadline.in(5_000));

      const kinds = (await Promise.all(calls)).map(({ kind }) => kind);
      assert.deepEqual(kinds, ['crashed', greedy ? 'succeeded' : 'refused']);
    });

    test('a worker that dies during a stop is replaced for the sake of an onFailure', async (t) => {
      const { executor, call } = await startExecutor(t, { mode });

      const failing = call('exit', 1);
      await new Promise((resolve) => setImmediate(resolve));
      const stopped = executor.stop(Deadline.in(5_000));
      await failing;
      const callback = await call('echo', 'sorry', { member: 'onFailure' });
      await stopped;

      assert.equal(callback.kind, 'succeeded');
    });

    test('a stop during the start ends the start, and calls that wait', async () => {
      const { executor, call } = openExecutor({ mode });

      const starting = assert.rejects(executor.start(), { code: 'STOPPED_WHILE_STARTING' });
      const waiting = call('echo');
      const left = await executor.stop(Deadline.in(0));

      await starting;
      assert.deepEqual(await waiting, { kind: 'refused', reason: 'stopping' });
      assert.equal(left, greedy ? 1 : 0);
    });
  });
}
