import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deadline } from '@micro-framework/core';
import type { WorkerPlan } from '@micro-framework/core/internal';
import { openExecutor, startExecutor } from '../../support/executor/executors.js';

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
