import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deadline } from '@micro-framework/core';
import { startExecutor } from '../../support/executor/executors.js';
import { hostFile } from '../../support/executor/host-file.js';

interface BadStop {
  readonly does: string;
  readonly stop: string;
  /** The error it logs. */
  readonly logs: string | undefined;
  readonly warns?: string;
}

const badStops: readonly BadStop[] = [
  { does: 'throws', stop: "throw new Error('still connected')", logs: 'onWorkerStop failed' },
  { does: 'throws nothing', stop: 'throw undefined', logs: 'onWorkerStop failed' },
  { does: 'never ends', stop: 'await new Promise(() => {})', logs: 'onWorkerStop did not end in time' },
  { does: 'blocks its worker', stop: 'for (;;);', logs: 'onWorkerStop did not end in time' },
  {
    does: 'ends the worker',
    stop: 'process.exit(3)',
    logs: undefined,
    warns: 'a worker died before it had stopped',
  },
  { does: 'leaves a timer', stop: 'setInterval(() => {}, 1000)', logs: undefined },
];

// Together: mostly they wait.
describe('the end of workers', { concurrency: true }, () => {
  for (const mode of ['thread', 'process'] as const) {
    for (const { does, stop, logs, warns } of badStops) {
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
        assert.deepEqual(
          lines.filter(({ level }) => level === 'warn').map(({ text }) => text),
          warns === undefined ? [] : [warns],
        );
        assert.ok(lines.some(({ fields }) => fields.to === 'ended'));
      });
    }
  }
});
