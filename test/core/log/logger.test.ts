import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startChild } from '../support/child.js';
import { workerModes } from '../support/worker-modes.js';

for (const mode of workerModes) {
  describe(`the log of a service with ${mode} workers`, () => {
    test('carries the service in each line, and route and call id in those of a call', async (t) => {
      const child = startChild(t, 'logs', { WORKER_MODE: mode, LOG_LEVEL: 'info' });
      await child.until('a call failed for good');
      child.kill('SIGTERM');

      const { output } = await child.ended;
      const lines = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);

      const find = (msg: string): Record<string, unknown> =>
        lines.find((line) => line.msg === msg) ?? assert.fail(`no line '${msg}' in\n${output}`);
      const read = find('read');
      const failed = find('a call failed for good');
      assert.ok(lines.every(({ service }) => service === 'shop'));
      assert.equal(read.article, 7);
      assert.equal(read.route, 'Tasks.run');
      assert.match(String(read.call), /^shop\.Tasks\.run\.[0-9a-f-]{36}$/);
      assert.equal(read.messageId, 'message 1');
      assert.deepEqual(read.callIdStack, ['a.b.c', read.call]);
      assert.deepEqual(failed.callIdStack, read.callIdStack);
      assert.equal(failed.call, read.call);
      assert.equal(failed.messageId, 'message 1');
      assert.equal(failed.route, 'Tasks.run');
      assert.equal((failed.err as { type?: string }).type, 'TypeError');
      assert.equal((failed.err as { message?: string }).message, 'told to fail');
      assert.match(String((failed.err as { stack?: string }).stack), /logs\.js/);
      assert.equal('call' in find('worker starts'), false);
      assert.equal(
        lines.some(({ msg }) => msg === 'not at this level'),
        false,
      );
      const behind = find('an after-hook failed, too');
      assert.equal(behind.call, read.call);
      assert.equal((behind.err as { message?: string }).message, 'the ledger is closed');
      assert.equal(lines.filter(({ level }) => Number(level) >= 40).length, 2);
    });
  });
}
