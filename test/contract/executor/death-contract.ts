import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Deadline } from '@micro-framework/core';
import type { LogLine } from '../../core/support/log.js';
import { eventually } from '../../support/eventually.js';
import {
  errorOf,
  type OpenExecutor,
  openExecutor,
  resultOf,
  startExecutor,
} from '../../support/executor/executors.js';

/** What becomes of calls whose worker dies. */
export function deathContract(mode: 'thread' | 'process'): void {
  describe(`a worker's death in mode ${mode}`, () => {
    let shared: OpenExecutor;
    before(async () => {
      shared = openExecutor({ mode });
      await shared.executor.start();
    });
    after(() => shared.executor.stop(Deadline.in(0)));

    for (const { route, input, says } of deaths(mode)) {
      test(`a call that does ${route} ends as crashed within a second, and the next call works`, async () => {
        const from = performance.now();
        const outcome = await shared.call(route, input);

        assert.ok(performance.now() - from < 1_000, 'it took more than a second');
        assert.equal(outcome.kind, 'crashed');
        assert.equal(errorOf(outcome).code, 'WORKER_CRASHED');
        assert.match(errorOf(outcome).message, new RegExp(`^Tests.${route}: .*${says}`));
        assert.equal(resultOf(await shared.call('echo', 'next')), 'next');
      });
    }

    for (const message of nonsense) {
      test(`a worker that sends ${JSON.stringify(message)} is ended, and the next call works`, async () => {
        const outcome = await shared.call('say', message);

        assert.equal(outcome.kind, 'crashed');
        assert.match(errorOf(outcome).message, /sent a message that makes no sense/);
        assert.equal(resultOf(await shared.call('echo', 'next')), 'next');
      });
    }

    // Poolifier takes it to heart, and could give the worker no task any more.
    if (mode === 'process') {
      test('nobody dies of what a handler tells poolifier about its tasks', async (t) => {
        const { call } = await startExecutor(t, { mode, tasksPerWorker: 2 });

        const sender = call('sayToPoolifier', { taskFunctionsProperties: 5 });
        for (const text of ['first', 'next']) assert.equal(resultOf(await call('echo', text)), text);

        const ended = await Promise.race([sender, call('echo', 'last')]);
        assert.equal(resultOf(ended), 'last');
      });
    }

    test('of the only worker is a service that is down, until there is another', async (t) => {
      const { executor, call } = await startExecutor(t, { mode });

      await call('exit');
      assert.equal(executor.health().status, 'down');

      await call('echo', 'next');
      assert.equal(executor.health().status, 'up');
    });

    test('shows in the health, until the worker is replaced', async (t) => {
      const { executor, call } = await startExecutor(t, { mode, max: 2 });
      const well = { mode, expected: 2, ready: 2, running: 0, queued: 0 };
      assert.deepEqual(executor.health(), { status: 'up', details: well });

      await call('exit');
      assert.deepEqual(executor.health(), { status: 'degraded', details: { ...well, ready: 1 } });
      await eventually(() => assert.deepEqual(executor.health(), { status: 'up', details: well }));

      await Promise.all([call('exit'), call('exit')]);
      assert.equal(executor.health().details.queued, 0);
      await eventually(() => assert.deepEqual(executor.health(), { status: 'up', details: well }));
    });

    test('the error nobody caught is the cause of the crash', async () => {
      const outcome = await shared.call('throwLater', 'from a callback');

      const { cause } = errorOf(outcome);
      assert.equal(cause?.message, 'from a callback');
      assert.match(cause?.stack ?? '', /handlers/);
    });

    test('a result that is there before the worker exits is not lost', async () => {
      const outcome = await shared.call('exitAfterwards', 'result');

      assert.equal(resultOf(outcome), 'result');
    });

    for (const end of ['exit', 'rejection'] as const) {
      test(`a call posted to a worker that an earlier call's ${end} is ending runs on another`, async (t) => {
        const { call, lines } = await startExecutor(t, { mode });

        const first = await call('leaveBehind', end);
        const innocent = await call('who');

        assert.equal(first.kind, 'succeeded');
        assert.equal((resultOf(innocent) as { count: number }).count, 1);
        const died = lines.filter(({ text }) => text === 'a worker died');
        assert.deepEqual(
          died.map(({ fields }) => fields.calls),
          [0],
        );
      });
    }

    test('calls behind one that ends the worker at once run on another', async (t) => {
      const { call } = await startExecutor(t, { mode, tasksPerWorker: 4 });

      const outcomes = await Promise.all([call('never'), call('exit', 3), call('echo', 1), call('echo', 2)]);

      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['crashed', 'crashed', 'succeeded', 'succeeded'],
      );
    });

    test('an endless loop costs its worker and its call; those that shared it end as crashed', async (t) => {
      const { call } = await startExecutor(t, { mode, tasksPerWorker: 2 });

      const [neighbour, loop] = await Promise.all([call('never'), call('spin', undefined, { timeout: 100 })]);

      assert.deepEqual([neighbour.kind, loop.kind], ['crashed', 'timed-out']);
      const why = /^Tests\.never: .* because call test\.spin\.\d+ of Tests\.spin took too long/;
      assert.match(errorOf(neighbour).message, why);
      assert.equal(resultOf(await call('echo', 'next')), 'next');
    });

    test('an error in the background, while no call runs, is logged with its stack', async () => {
      const { call, lines } = shared;
      const died = (): LogLine | undefined =>
        lines.find(({ fields }) => String(fields.reason).includes('while idle'));

      await call('throwWhenIdle', 'while idle');

      const { fields, text } = await eventually(() => died() ?? assert.fail('nothing was logged'));
      assert.equal(text, 'a worker died');
      assert.equal(fields.calls, 0);
      assert.match((fields.err as Error | undefined)?.stack ?? '', /Error: while idle\n +at .*handlers\.js/);
    });

    test('running out of memory costs the worker alone; the message says how to give it more', async (t) => {
      const resourceLimits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 8 };
      const folder = await mkdtemp(join(tmpdir(), 'memory-'));
      t.after(() => rm(folder, { recursive: true }));
      const lastSign = join(folder, 'alive');
      const { call } = await startExecutor(t, { mode, resourceLimits });

      const outcome = await call('allocate', lastSign, { timeout: 30_000 });
      const ended = Date.now();

      assert.equal(outcome.kind, 'crashed');
      // The memory takes its time to fill up; what counts is the time since.
      const ms = ended - Number(await readFile(lastSign, 'utf8'));
      assert.ok(ms < 1_000, `the call ended ${ms} ms after its worker`);
      assert.match(errorOf(outcome).message, /memory.*resourceLimits\.maxOldGenerationSizeMb/);
      assert.equal(resultOf(await call('echo', 'next')), 'next');
    });
  });
}

// Under our mark: a handler that sends what it got from elsewhere, or means harm.
const nonsense: object[] = [
  { mf: 'exiting' },
  { mf: 'ready', answer: { ok: true } },
  { mf: 'last-words', error: { name: 'Error', message: { toString: 1 } } },
  { mf: 'last-words', error: { name: 'Error', message: '', cause: { name: 1 } } },
  { mf: 'question', question: {}, dependency: 'Fixture', request: 1 },
  { mf: 'question', question: 1, dependency: {}, request: 1 },
  { mf: 'outcomes' },
  { mf: 'outcomes', outcomes: [null] },
  { mf: 'outcomes', outcomes: [[1, null]] },
  { mf: 'outcomes', outcomes: [[1, { kind: 'succeeded' }]] },
  { mf: 'outcomes', outcomes: [[1, { kind: 'failed' }]] },
  { mf: 'outcomes', outcomes: [[1, { kind: 'whatever' }]] },
];

interface DeathCase {
  readonly route: string;
  readonly input?: unknown;
  readonly says: string;
}

function deaths(mode: 'thread' | 'process'): DeathCase[] {
  return [
    { route: 'exit', input: 3, says: 'exited with code 3' },
    { route: 'kill', says: mode === 'thread' ? 'exited with code 9' : 'SIGKILL' },
    { route: 'throwLater', input: 'from a callback', says: 'Error: from a callback' },
    { route: 'throwUndefinedLater', says: 'nothing caught' },
    { route: 'rejectLater', input: 'nobody caught it', says: 'Error: nobody caught it' },
    ...(mode === 'process'
      ? [
          { route: 'disconnect', says: 'exited with code 0' },
          {
            route: 'sayToPoolifier',
            input: { ready: false, taskFunctionsProperties: [] },
            says: 'makes no sense',
          },
        ]
      : []),
  ];
}
