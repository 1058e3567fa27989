import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '@micro-framework/core/internal';
import { eventually } from '../../support/eventually.js';
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

const { CHAOS_CALLS } = process.env;

for (const mode of ['thread', 'greedy_thread', 'process', 'greedy_process'] as const) {
  // With one call at a time nobody suffers for another; with several, a worker's death is all its calls'.
  const tasksPerWorker = mode.startsWith('greedy') ? 4 : 1;
  // A process costs several times a thread.
  const [few, maxTasksPerChild] = mode.endsWith('thread') ? [1_000, 50] : [500, 100];
  const calls = Number(CHAOS_CALLS ?? few);

  test(`chaos on ${mode} workers, ${tasksPerWorker} calls each: every call runs once, and ends rightly`, async (t) => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note).on('unhandledRejection', note);
    t.after(() => process.off('uncaughtException', note).off('unhandledRejection', note));
    const began = new Map<number, number>();
    const options = {
      max: 3,
      tasksPerWorker,
      maxTasksPerChild,
      answer: async (_: string, question: unknown) => {
        if (typeof question === 'number') return question + 1;
        const { began: n } = question as { began?: number };
        if (n !== undefined) began.set(n, (began.get(n) ?? 0) + 1);
        return undefined;
      },
      ...withoutCoverage,
    };
    const { call, executor } = await startExecutor(t, { mode, ...options, taskGrace: 50 });
    const random = randomFrom(42);

    const done: number[] = [];
    const wrong: string[] = [];
    let dealt = 0;
    await Promise.all(
      Array.from({ length: calls }, async (_, n) => {
        // In turn, so that each occurs however few there are.
        const bad = random() < 0.04 ? misdeeds[dealt++ % misdeeds.length] : undefined;
        const route = bad?.route ?? (random() < 0.1 ? 'askALot' : 'tell');
        const input = route === 'tell' ? { n, ms: n % 5 } : 3;
        const outcome = await call(route, input, { timeout: bad?.timeout ?? 20_000 });
        if (route === 'tell' && outcome.kind === 'succeeded') done.push(n);
        const ends = [...(bad?.ends ?? ['succeeded']), ...(tasksPerWorker > 1 ? ['crashed'] : [])];
        if (!ends.includes(outcome.kind)) wrong.push(`${route}: ${JSON.stringify(outcome).slice(0, 300)}`);
      }),
    );

    assert.deepEqual(wrong, []);
    assert.ok(dealt >= misdeeds.length, `only ${dealt} misdeeds`);
    assert.ok(done.length > calls / 2, `only ${done.length} were done`);
    assert.deepEqual(
      done.filter((n) => began.get(n) !== 1),
      [],
    );
    assert.deepEqual(
      [...began].filter(([, times]) => times !== 1),
      [],
    );
    assert.equal((await call('echo')).kind, 'succeeded');
    await eventually(() => assert.equal(executor.health().details.ready, 3));
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
