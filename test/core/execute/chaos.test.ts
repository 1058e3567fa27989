import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '@micro-framework/core/internal';
import { startExecutor, withoutCoverage } from '../../support/executor/executors.js';

type Kind = Outcome['kind'];

// What a handler does, and the ends its call may have.
const misdeeds: readonly {
  readonly route: string;
  readonly ends: readonly Kind[];
  readonly timeout?: number;
}[] = [
  { route: 'exit', ends: ['crashed'] },
  { route: 'kill', ends: ['crashed'] },
  { route: 'throwLater', ends: ['crashed'] },
  { route: 'rejectLater', ends: ['crashed'] },
  { route: 'throwUndefinedLater', ends: ['crashed'] },
  { route: 'spin', ends: ['timed-out'], timeout: 150 },
  { route: 'never', ends: ['timed-out'], timeout: 150 },
  { route: 'untilAborted', ends: ['timed-out'], timeout: 150 },
  { route: 'throwUndefined', ends: ['failed'] },
  { route: 'throwFunction', ends: ['failed'] },
  { route: 'returnFunction', ends: ['failed'] },
  { route: 'returnGetter', ends: ['failed'] },
];

const most = Number(process.env.CHAOS_CALLS ?? 1_000);

for (const mode of ['thread', 'greedy_thread', 'process', 'greedy_process'] as const) {
  // With one call at a time nobody suffers for another; with several, a worker's death is all its calls'.
  const tasksPerWorker = mode.startsWith('greedy') ? 4 : 1;
  // A process costs several times a thread.
  const [calls, maxTasksPerChild] = mode.endsWith('thread') ? [most, 50] : [most / 2, 100];

  test(`chaos on ${mode} workers, ${tasksPerWorker} calls each: every call ends once, and rightly`, async (t) => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note).on('unhandledRejection', note);
    t.after(() => process.off('uncaughtException', note).off('unhandledRejection', note));
    const options = {
      max: 3,
      tasksPerWorker,
      maxTasksPerChild,
      answer: async (_: string, n: unknown) => Number(n) + 1,
      ...withoutCoverage,
    };
    const { call, executor } = await startExecutor(t, { mode, ...options, taskGrace: 50 });
    const random = randomFrom(42);

    const settled = new Map<number, number>();
    const wrong: string[] = [];
    await Promise.all(
      Array.from({ length: calls }, async (_, n) => {
        const bad = random() < 0.04 ? misdeeds[Math.floor(random() * misdeeds.length)] : undefined;
        const route = bad?.route ?? (random() < 0.1 ? 'askALot' : 'work');
        const input = route === 'work' ? { n, ms: n % 5 } : 3;
        const outcome = await call(route, input, { timeout: bad?.timeout ?? 20_000 });
        settled.set(n, (settled.get(n) ?? 0) + 1);
        const ends = [...(bad?.ends ?? ['succeeded']), ...(tasksPerWorker > 1 ? ['crashed'] : [])];
        if (!ends.includes(outcome.kind)) wrong.push(`${route}: ${JSON.stringify(outcome).slice(0, 300)}`);
      }),
    );

    assert.deepEqual(wrong, []);
    assert.equal(settled.size, calls);
    assert.ok([...settled.values()].every((times) => times === 1));
    assert.equal((await call('echo')).kind, 'succeeded');
    assert.equal(executor.capacity, 3 * tasksPerWorker);
    assert.deepEqual(uncaught, []);
  });
}

/** The same chaos each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
