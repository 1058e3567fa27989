import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BridgeError, Deadline } from '@micro-framework/core';
import type { AnswerQuestion, WorkerPlan } from '@micro-framework/core/internal';
import {
  errorOf,
  type OpenExecutor,
  openExecutor,
  resultOf,
  startExecutor,
} from '../../support/executor/executors.js';

/** What every executor promises, whatever runs its calls. */
export function executorContract(mode: WorkerPlan['mode']): void {
  describe(`an executor in mode ${mode}`, () => {
    const asked: unknown[] = [];
    const answer: AnswerQuestion = async (...question) => {
      asked.push(question);
      if (question[1] === 'fail') throw new BridgeError('nobody there');
      return { answered: question[1] };
    };
    let shared: OpenExecutor;
    before(async () => {
      shared = openExecutor({ mode, max: 1, tasksPerWorker: 8, taskGrace: 5_000, answer });
      await shared.executor.start();
    });
    after(() => shared.executor.stop(Deadline.in(0)));

    test('gives back what the handler returns', async () => {
      const value = { text: 'täxt', bytes: new Uint8Array([1, 2]), at: new Date(0), nothing: undefined };

      const outcome = await shared.call('echo', value);

      assert.deepEqual(outcome, { kind: 'succeeded', value, effects: [] });
    });

    test('takes ten megabytes, and keys that look like the prototype', async () => {
      const bytes = new Uint8Array(10_000_000).fill(7);
      const hostile = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}') as object;

      const back = resultOf(await shared.call('echo', { bytes, hostile })) as { hostile: object };

      assert.deepEqual(back, { bytes, hostile });
      assert.equal((back.hostile as { admin?: boolean }).admin, undefined);
    });

    test('says what the handler threw, be it an error or not', async () => {
      const outcomes = await Promise.all([
        shared.call('throw', 'too large'),
        shared.call('throwUndefined'),
        shared.call('rejectUndefined'),
        shared.call('throwFunction'),
      ]);

      const { name, message, code } = errorOf(outcomes[0]);
      assert.deepEqual([name, message, code], ['RangeError', 'too large', 'E_RANGE']);
      for (const { kind } of outcomes) assert.equal(kind, 'failed');
    });

    test('runs as many calls at a time as its capacity says', async () => {
      const from = performance.now();
      await Promise.all(Array.from({ length: 8 }, () => shared.call('sleep', 200)));

      assert.equal(shared.executor.capacity, 8);
      assert.ok(performance.now() - from < 1_000, 'the calls ran one after the other');
    });

    test('aborts the signal of a call that takes too long; however it ends then, it has timed out', async () => {
      const [rejects, resolves, quick] = await Promise.all([
        shared.call('untilAborted', undefined, { timeout: 100 }),
        shared.call('resolveWhenAborted', undefined, { timeout: 100 }),
        shared.call('sleep', 300),
      ]);

      assert.deepEqual([rejects.kind, resolves.kind, quick.kind], ['timed-out', 'timed-out', 'succeeded']);
      assert.equal(errorOf(rejects).code, 'TASK_TIMED_OUT');
    });

    test('brings a question to the main side, and the answer back', async () => {
      const options = { id: 'a.b.c', callIdStack: ['x', 'a.b.c'], attempt: 2 };

      const value = resultOf(await shared.call('ask', { price: 1 }, options));

      assert.deepEqual(value, { answered: { price: 1 } });
      const info = { id: 'a.b.c', callIdStack: ['x', 'a.b.c'], route: 'ask', attempt: 2 };
      assert.deepEqual(asked, [['Fixture', { price: 1 }, info]]);
    });

    test('throws in the handler what the main side answers with', async () => {
      const outcome = await shared.call('ask', 'fail');

      const { name, code, message } = errorOf(outcome);
      assert.deepEqual([name, code, message], ['BridgeError', 'BRIDGE_FAILED', 'nobody there']);
    });

    test('ends a call whose handler does not heed its signal', async (t) => {
      const { call } = await startExecutor(t, { mode });

      const outcome = await call('never', undefined, { timeout: 100 });

      assert.equal(outcome.kind, 'timed-out');
      assert.match(errorOf(outcome).message, /^Tests\.never: .*100 ms/);
    });

    test('lets running calls end before it stops, runs the stop hooks, and takes no new ones', async (t) => {
      const requests: unknown[] = [];
      const { executor, call } = await startExecutor(t, {
        mode,
        tasksPerWorker: 2,
        answer: async (_dependency, request) => requests.push(request),
      });

      const running = call('sleep', 200);
      await call('echo'); // the other is on its way, too
      const stopped = executor.stop(Deadline.in(5_000));
      const late = await call('echo');

      assert.deepEqual(late, { kind: 'refused', reason: 'stopping' });
      assert.equal((await running).kind, 'succeeded');
      assert.equal(await stopped, 0);
      assert.deepEqual(requests, ['stopping']);
    });

    test('runs the onFailure of what fails while it drains, and no other call', async (t) => {
      const { executor, call } = await startExecutor(t, { mode });

      const failing = call('sleep', 100);
      await turn();
      const stopped = executor.stop(Deadline.in(5_000));
      await failing;
      const [callback, other] = await Promise.all([
        call('echo', 'sorry', { member: 'onFailure' }),
        call('echo'),
      ]);
      await stopped;
      const late = await call('echo', 'sorry', { member: 'onFailure' });

      assert.equal(resultOf(callback), 'sorry');
      for (const outcome of [other, late]) assert.deepEqual(outcome, { kind: 'refused', reason: 'stopping' });
    });

    test('hands back what has not ended at the deadline of a stop', async (t) => {
      const { executor, call } = await startExecutor(t, { mode, tasksPerWorker: 3 });

      const running = [call('never'), call('never')];
      await call('echo');
      const left = await executor.stop(Deadline.in(50));

      assert.equal(left, 2);
      for (const outcome of await Promise.all(running)) {
        assert.deepEqual(outcome, { kind: 'refused', reason: 'stopping' });
      }
    });

    test('can be stopped twice, and before it was started', async (t) => {
      const { executor } = await startExecutor(t, { mode });
      const idle = openExecutor({ mode });

      const stops = await Promise.all([executor.stop(Deadline.in(1_000)), executor.stop(Deadline.in(0))]);
      await idle.executor.stop(Deadline.in(1_000));

      assert.deepEqual(stops, [0, 0]);
      assert.deepEqual(await idle.call('echo'), { kind: 'refused', reason: 'stopping' });
    });
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
