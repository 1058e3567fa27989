import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
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
    const { call, lines } = await startExecutor(t, {
      mode,
      maxTasksPerChild: 10,
      answer: async (_dependency, request) => requests.push(request),
    });

    for (let n = 0; n < 11; n += 1) await call('sleep', 100);

    const moves = lines.filter(({ text }) => text === 'worker state').map(({ fields }) => fields.to);
    assert.deepEqual(moves.slice(0, 3), ['ready', 'ready', 'retiring']);
    assert.deepEqual(requests, ['stopping']);
  });

  test(`while ${mode} workers are replaced no more calls run than the capacity says, and the health is up`, async (t) => {
    const gate = new EventEmitter();
    const { executor, call, lines } = await startExecutor(t, {
      mode,
      maxTasksPerChild: 2,
      answer: async (_dependency, request) => {
        if (request === 'last') await once(gate, 'open');
      },
    });
    const statuses: string[] = [];
    const watch = setInterval(() => statuses.push(executor.health().status), 2);
    t.after(() => clearInterval(watch));

    await call('echo');
    const last = call('ask', 'last');
    const next = call('who');
    // Its replacement is there long since.
    await eventually(() => assert.equal(lines.filter(({ fields }) => fields.to === 'ready').length, 2));
    await pause(50);
    const during = executor.health();
    gate.emit('open');
    await last;
    const { count } = resultOf(await next) as { count: number };
    // As many as make the next one spent, and what follows it.
    for (let n = 0; n < 5; n += 1) await call('echo');

    assert.deepEqual(during, {
      status: 'up',
      details: { mode, expected: 1, ready: 1, running: 1, queued: 1 },
    });
    assert.equal(count, 1);
    assert.deepEqual(new Set(statuses), new Set(['up']));
  });
}
