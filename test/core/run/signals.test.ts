import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { withHungThread } from '../../support/hung-thread.js';
import { makeNamedPipe } from '../../support/named-pipe.js';
import { startChild } from '../support/child.js';
import { workerModes } from '../support/worker-modes.js';

// Signals that are no further apart than a second count as one.
const noEcho = 1_100;

for (const mode of workerModes) {
  const env = { WORKER_MODE: mode };

  describe(`a process with ${mode} workers`, { concurrency: 2 }, () => {
    test('lets its calls end at SIGTERM, and exits with 0', async (t) => {
      const child = startChild(t, 'lifecycle', env);
      await child.until('call begun');
      await child.until('== started');

      child.kill('SIGTERM');

      const { code, output, errors } = await child.ended;
      assert.equal(errors, '');
      assert.equal(code, 0);
      assert.match(output, /call ended/);
      assert.match(output, /Tasks.knock is closed/);
    });

    test('hands back what does not end in time, and exits with 75', async (t) => {
      const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'hanging call', SHUTDOWN_TIMEOUT: '100' });
      await child.until('call begun');
      await child.until('== started');

      child.kill('SIGTERM');

      const { code, output } = await child.ended;
      assert.equal(code, 75);
      assert.doesNotMatch(output, /call ended/);
    });

    test('ends at once at a second SIGINT', async (t) => {
      const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'hanging call' });
      await child.until('call begun');
      await child.until('== started');

      child.kill('SIGINT');
      await child.until('Tasks.knock is closed');
      await wait(noEcho);
      child.kill('SIGINT');

      const { signal, output } = await child.ended;
      assert.equal(signal, 'SIGINT');
      assert.match(output, /second SIGINT: ending at once, 1 calls cut off/);
    });

    test('takes a second SIGTERM that comes right after the first for the same one', async (t) => {
      const child = startChild(t, 'lifecycle', { ...env, LOG_LEVEL: 'info' });
      await child.until('call begun');
      await child.until('== started');

      child.kill('SIGTERM');
      await child.until('Tasks.knock is closed');
      child.kill('SIGTERM');

      const { code, output } = await child.ended;
      assert.equal(code, 0);
      assert.match(output, /call ended/);
      assert.match(
        output,
        /SIGTERM again within a second: taken for an echo of the first; send it once more/,
      );
    });

    test('ends by itself once its service is stopped: nothing keeps it alive', async (t) => {
      const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'stops by itself' });

      const { code, output, errors } = await child.ended;

      assert.equal(errors, '');
      assert.equal(code, 0);
      assert.match(output, /state stopped/);
    });
  });
}

describe('a process', { concurrency: 2 }, () => {
  const env = { WORKER_MODE: 'inline' };

  test('ends at once at a second SIGTERM', async (t) => {
    const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'hanging call' });
    await child.until('== started');

    child.kill('SIGTERM');
    await child.until('Tasks.knock is closed');
    await wait(noEcho);
    child.kill('SIGTERM');

    const { signal } = await child.ended;
    assert.equal(signal, 'SIGTERM');
  });

  for (const scenario of ['hanging call', 'no call'])
    test(`with a thread that hangs ends at a second SIGTERM all the same, with ${scenario}`, async (t) => {
      const pipe = join(mkdtempSync(join(tmpdir(), 'mf-hung-')), 'pipe');
      t.after(() => rmSync(dirname(pipe), { recursive: true }));
      makeNamedPipe(pipe);
      const child = startChild(t, 'lifecycle', { ...env, SCENARIO: scenario, ...withHungThread(pipe) });
      await child.until('== started');

      child.kill('SIGTERM');
      await child.until('Tasks.knock is closed');
      await wait(noEcho);
      child.kill('SIGTERM');

      const { signal } = await child.ended;
      assert.equal(signal, 'SIGTERM');
    });

  test('runs two modules at once, and a signal stops both', async (t) => {
    const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'two modules' });
    await child.until('other started');

    child.kill('SIGTERM');

    const { code, output } = await child.ended;
    assert.equal(code, 0);
    assert.match(output, /Tasks.knock is closed/);
    assert.match(output, /Others.knock is closed/);
  });

  test('exits with 1 when an extension cannot go on, after the other services were stopped in order', async (t) => {
    const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'failing extension' });

    const { code, output } = await child.ended;

    assert.equal(code, 1);
    assert.match(output, /Tasks.knock is closed/);
    assert.match(output, /Others.knock is closed/);
  });

  test('exits with 1 when its service cannot start, and says why', async (t) => {
    const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'broken setup' });

    const { code, output, errors } = await child.ended;

    assert.equal(code, 1);
    assert.match(errors, /Error: the door is stuck/);
    assert.match(output, /Tasks.knock is closed/);
    assert.doesNotMatch(output, /== started/);
  });

  test('ends in order when the signal comes while it starts', async (t) => {
    const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'slow setup' });
    await child.until('Tasks.knock is set up');

    child.kill('SIGTERM');

    const { code, output, errors } = await child.ended;
    assert.equal(errors, '');
    assert.equal(code, 0);
    assert.equal(output, '== Tasks.knock is set up\n== Tasks.knock was set up\n== Tasks.knock is closed\n');
  });

  test('ends although something of the user holds it', async (t) => {
    const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'holds a handle' });
    await child.until('== started');

    child.kill('SIGTERM');

    const { code } = await child.ended;
    assert.equal(code, 0);
  });

  test('whose signals are its own is ended by them as any other', async (t) => {
    const child = startChild(t, 'lifecycle', { ...env, SCENARIO: 'no signals' });
    await child.until('== started');

    child.kill('SIGTERM');

    const { code, signal } = await child.ended;
    assert.deepEqual([code, signal], [null, 'SIGTERM']);
  });
});
