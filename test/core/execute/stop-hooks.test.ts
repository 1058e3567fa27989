import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deadline } from '@micro-framework/core';
import { startExecutor } from '../../support/executor/executors.js';
import { hostFile } from '../../support/executor/host-file.js';

const badStops = [
  { does: 'throws', stop: "throw new Error('still connected')", logs: 'onWorkerStop failed' },
  { does: 'never ends', stop: 'await new Promise(() => {})', logs: 'onWorkerStop did not end in time' },
  { does: 'blocks its worker', stop: 'for (;;);', logs: 'onWorkerStop did not end in time' },
  { does: 'leaves a timer', stop: 'setInterval(() => {}, 1000)', logs: undefined },
];

// Together: mostly they wait.
describe('the end of workers', { concurrency: true }, () => {
  for (const mode of ['thread', 'process'] as const) {
    for (const { does, stop, logs } of badStops) {
      test(`a stop hook that ${does} does not keep a ${mode} worker`, async (t) => {
        const { executor, call, lines } = await startExecutor(t, {
          mode,
          init: { hostUrl: hostFile({ stop }) },
        });
        await call('echo');

        const from = performance.now();
        await executor.stop(Deadline.in(5_000));

        // The hooks have two seconds, then the worker has two to end in order.
        assert.ok(performance.now() - from < 8_000, 'the stop took too long');
        assert.deepEqual(
          lines.filter(({ level }) => level === 'error').map(({ text }) => text),
          logs === undefined ? [] : [logs],
        );
        assert.equal(lines.at(-1)?.fields.to, 'ended');
      });
    }
  }
});
