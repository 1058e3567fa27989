import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { WorkerStartError } from '@micro-framework/core';
import type { WorkerInit } from '@micro-framework/core/internal';
import { openExecutor } from '../../support/executor/executors.js';
import { fileOf, hostFile } from '../../support/executor/host-file.js';

interface BadStart {
  readonly when: string;
  readonly init: Partial<WorkerInit> & { readonly hostUrl?: string };
  readonly says: RegExp;
  readonly cause?: RegExp;
}

const badStarts: readonly BadStart[] = [
  {
    when: 'its file throws at import',
    init: { hostUrl: fileOf('throw new TypeError("boom at import")') },
    says: /data:text.*could not load the service: boom at import/,
    cause: /TypeError: boom at import\n +at data:text/,
  },
  {
    when: 'its start hook throws',
    init: { hostUrl: hostFile({ start: 'throw new Error("no database")' }) },
    says: /could not load the service: no database/,
    cause: /Error: no database\n +at .*start/,
  },
  {
    when: 'its file ends the process',
    init: { hostUrl: fileOf('process.exit(7)') },
    says: /exited with code 7/,
  },
  {
    when: 'its file throws in the background',
    init: {
      hostUrl: fileOf('setImmediate(() => { throw new Error("later") }); await new Promise(() => {})'),
    },
    says: /nothing caught: Error: later/,
    cause: /Error: later/,
  },
  {
    when: 'its file never ends its import',
    init: { hostUrl: fileOf('setInterval(() => {}, 1000); await new Promise(() => {})') },
    says: /was not ready within 700 ms \(workerStartTimeout\)/,
  },
  {
    when: 'its file loops for ever',
    init: { hostUrl: fileOf('for (;;);') },
    says: /was not ready within 700 ms/,
  },
  {
    when: 'its file does not declare the module',
    init: { hostUrl: undefined as never, url: fileOf('export {}'), moduleKey: 'gone#0' },
    says: /which does not declare the module gone#0/,
  },
  {
    when: 'its settings cannot be cloned',
    init: { settings: { secret: () => 1 } as never },
    says: /could not be started: \(\) => 1 could not be cloned/,
  },
];

for (const mode of ['thread', 'process'] as const) {
  for (const { when, init, says, cause } of badStarts) {
    test(`a ${mode} worker fails the start when ${when}, and is not tried again`, async () => {
      const startTimeout = /700/.test(says.source) ? 700 : 20_000;
      const max = cause ? 2 : 1;
      const { executor, lines } = openExecutor({ mode, max, startTimeout, init });

      const error = await executor.start().then(
        () => assert.fail('it started'),
        (thrown: unknown) => thrown,
      );

      assert.ok(error instanceof WorkerStartError);
      assert.match(error.message, says);
      if (cause) assert.match((error.cause as Error).stack ?? '', cause);
      const ended = lines.filter(({ fields }) => fields.to === 'ended');
      assert.equal(ended.length, max, 'each worker was started once, and is gone');
    });
  }
}

for (const mode of ['thread', 'process'] as const) {
  const advises = mode === 'thread';
  test(`a ${mode} worker that cannot read TypeScript ${advises ? 'says what helps' : 'has no advice'}`, async () => {
    const file = fileOf('throw new TypeError(`Unknown file extension ".ts" for /srv/module.ts`)');
    const { executor } = openExecutor({ mode, max: 1, init: { hostUrl: file } });

    await assert.rejects(executor.start(), ({ message }: Error) => {
      assert.match(message, /Unknown file extension/);
      assert.equal(/use workerMode 'process', or build first\.$/.test(message), advises);
      return true;
    });
  });
}

test('an executor that was not started refuses calls', async () => {
  const { call } = openExecutor({ mode: 'thread' });

  assert.deepEqual(await call('echo'), { kind: 'refused', reason: 'no-worker' });
});

test('where threads cannot be made, the start says so', async (t) => {
  // Poolifier makes no threads within a thread.
  const executors = new URL('../../support/executor/executors.js', import.meta.url);
  const worker = new Worker(
    `import(${JSON.stringify(executors.href)})
      .then(({ openExecutor }) => openExecutor({ mode: 'thread' }).executor.start())
      .catch(({ code, message }) => require('node:worker_threads').parentPort.postMessage({ code, message }));`,
    { eval: true },
  );
  t.after(() => worker.terminate());

  const [{ code, message }] = (await once(worker, 'message')) as [{ code: string; message: string }];

  assert.equal(code, 'WORKER_START_FAILED');
  assert.match(message, /could not be started: Cannot start a pool from a worker/);
});
