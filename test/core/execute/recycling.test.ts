import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resultOf, startExecutor, withoutCoverage } from '../../support/executor/executors.js';

for (const { mode, maxTasksPerChild } of [
  { mode: 'thread', maxTasksPerChild: 100 },
  // A process costs several times a thread.
  { mode: 'process', maxTasksPerChild: 500 },
] as const) {
  test(`10,000 calls on ${mode} workers, replaced every ${maxTasksPerChild}: none is lost, none runs twice`, async (t) => {
    const { call } = await startExecutor(t, {
      mode,
      max: 2,
      tasksPerWorker: 5,
      maxTasksPerChild,
      ...withoutCoverage,
    });

    const numbers = Array.from({ length: 10_000 }, (_, n) => n);
    const results = (await Promise.all(
      numbers.map(async (n) => resultOf(await call('work', { n, ms: n % 7 === 0 ? 1 : 0 }))),
    )) as { n: number; worker: string }[];

    assert.deepEqual(
      results.map(({ n }) => n),
      numbers,
    );
    const byWorker = new Map<string, number>();
    for (const { worker } of results) byWorker.set(worker, (byWorker.get(worker) ?? 0) + 1);
    assert.equal(Math.max(...byWorker.values()), maxTasksPerChild);
    assert.ok(byWorker.size >= 10_000 / maxTasksPerChild);
  });

  test(`a spent ${mode} worker goes only when its replacement is ready, and stops in order`, async (t) => {
    const requests: unknown[] = [];
    const { executor, call, lines } = await startExecutor(t, {
      mode,
      maxTasksPerChild: 10,
      answer: async (_dependency, request) => requests.push(request),
    });

    for (let n = 0; n < 11; n += 1) await call('sleep', 100);

    const moves = lines.filter(({ text }) => text === 'worker state').map(({ fields }) => fields.to);
    assert.deepEqual(moves.slice(0, 3), ['ready', 'ready', 'retiring']);
    assert.equal(executor.capacity, 1);
    assert.deepEqual(requests, ['stopping']);
  });
}
