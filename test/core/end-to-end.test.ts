import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { bootstrap, type Ending, type Runner } from '@micro-framework/core';
import { mainSide, ShopModule } from './fixtures/shop.js';
import { answerOf, call, contextOf, request } from './support/probe.js';
import { workerModes } from './support/worker-modes.js';

interface Place {
  readonly pid: number;
  readonly thread: number;
  readonly started: number;
  readonly env: string | undefined;
}

// The greedy ones, too: what differs in their stop must not differ in anything else.
const everyMode = [...workerModes, 'greedy_thread', 'greedy_process'] as const;

for (const workerMode of everyMode) {
  describe(`a service with ${workerMode} workers`, () => {
    test('handles, asks, emits, fails and retries alike', async (t) => {
      await open(t, workerMode);

      await t.test('calls run where they should', async () => {
        const { pid, thread } = (await answerOf('Orders.where')) as Place;

        assert.equal(pid === process.pid, !workerMode.endsWith('process'));
        assert.equal(thread === 0, !workerMode.endsWith('thread'));
      });

      await t.test(
        'a module with workers of its own has them, with their environment; others share',
        async () => {
          const [root, shared, slow] = (await Promise.all(
            ['Orders.where', 'shared.where', 'slow.where'].map((target) => answerOf(target)),
          )) as [Place, Place, Place];

          assert.deepEqual([shared.pid, shared.thread], [root.pid, root.thread]);
          if (workerMode === 'inline') return;
          assert.notDeepEqual([slow.pid, slow.thread], [root.pid, root.thread]);
          assert.deepEqual([root.env, shared.env, slow.env], [undefined, undefined, 'slow']);
          assert.deepEqual([root.started, slow.started], [1, 1]);
        },
      );

      await t.test('a target by path is imported by workers only', async () => {
        assert.deepEqual(await answerOf('nightly', 1), ['nightly', 1, 'kg']);
        assert.equal(globalThis.tasksImported === undefined, workerMode !== 'inline');
      });

      await t.test('what callers give a handler is known, also of a target by path', async () => {
        const names = async (target: string): Promise<unknown> =>
          (await contextOf(target).signature())?.map(({ name }) => name);

        assert.deepEqual(await names('Orders.count'), ['article']);
        assert.deepEqual(await names('nightly'), ['payload']);
      });

      await t.test('a question is answered, or thrown as an error of its class', async () => {
        mainSide.asked = [];

        assert.equal(await answerOf('Orders.count', 'pen'), 7);
        assert.equal(await answerOf('Orders.count', 'gone'), 'TEST_SOLD_OUT: sold out');
        assert.deepEqual(mainSide.asked, [
          ['pen', '0/0/count'],
          ['gone', '0/0/count'],
        ]);
      });

      await t.test(
        'what is emitted is committed on success alone, and a failed commit is a failed attempt',
        async () => {
          mainSide.committed = [];

          const endings = [];
          for (const article of ['pen', 'broken', 'unlucky'])
            endings.push(await call('Orders.order', article));

          assert.deepEqual(
            endings.map(({ kind }) => kind),
            ['ack', 'retry', 'retry'],
          );
          assert.deepEqual(mainSide.committed, [['pen'], ['unlucky']]);
          assert.equal(messageOf(endings[2]), 'the supplier is closed');
        },
      );

      await t.test('maxRetries 2 is three calls in all, and the class of an error decides', async () => {
        const endings = await untilSettled('Orders.deliver', 'timeout');

        assert.deepEqual(
          endings.map(({ kind }) => kind),
          ['retry', 'retry', 'dead-letter'],
        );
        assert.deepEqual(endings.map(messageOf), ['try 0', 'try 1', 'try 2']);
        assert.deepEqual(
          (await untilSettled('Orders.deliver', 'bug')).map(({ kind }) => kind),
          ['dead-letter'],
        );
        assert.deepEqual(
          (await untilSettled('Orders.deliver', 'undefined')).map(({ kind }) => kind),
          ['dead-letter'],
        );
      });

      await t.test('what cannot be understood is dead-lettered without onFailure', async () => {
        const ending = await call('Orders.deliver', 'bad');

        assert.equal(ending.kind === 'dead-letter' && ending.reason, 'rejected');
      });

      await t.test('onFailure had the arguments and the error', async () => {
        const none = { article: undefined };
        assert.deepEqual(await answerOf('Orders.handled'), [
          { what: 'timeout', name: 'TimeoutError', message: 'try 2', known: false, ...none, call: 3 },
          { what: 'bug', name: 'SoldOutError', message: 'a bug', known: true, article: 7, call: 1 },
          {
            what: 'undefined',
            name: 'NonError',
            message: 'undefined was thrown, which is not an Error',
            known: false,
            ...none,
            call: 1,
          },
        ]);
      });
    });
  });
}

async function open(t: TestContext, workerMode: (typeof everyMode)[number]): Promise<Runner> {
  const options = {
    workerMode,
    maxWorkers: 1,
    serviceName: 'shop',
    logLevel: 'silent',
    signals: false,
  } as const;
  const runner = await bootstrap(ShopModule, options);
  t.after(async () => {
    await runner.stop();
    globalThis.tasksImported = undefined;
  });
  return runner;
}

/** Tries as an entrypoint would, at once. */
async function untilSettled(target: string, ...args: unknown[]): Promise<Ending[]> {
  const endings: Ending[] = [];
  for (let attempt = 1; ; attempt++) {
    const ending = await request(target, { input: args, attempt });
    endings.push(ending);
    if (ending.kind !== 'retry') return endings;
  }
}

function messageOf(ending: Ending | undefined): string | undefined {
  return ending && 'error' in ending ? ending.error.message : undefined;
}
