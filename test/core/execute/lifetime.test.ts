import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { isGoneWithin, runChild } from '../../support/executor/children.js';
import { resultOf, startExecutor } from '../../support/executor/executors.js';

const poolMain = new URL('./children/pool-main.js', import.meta.url);
const serviceMain = new URL('./children/service-main.js', import.meta.url);
const lateModuleMain = new URL('./children/late-module-main.js', import.meta.url);
const weeksPass = new URL('./children/weeks-pass.js', import.meta.url);
const loader = new URL('./children/loader.js', import.meta.url);

test('no worker process outlives a main process that was killed, not even one in an endless loop', async (t) => {
  const { child } = runChild(t, poolMain, ['process', 'orphans']);
  const [workers] = (await once(child, 'message')) as [string[]];

  child.kill('SIGKILL');

  const pids = workers.map((worker) => Number(worker.replace('process ', '')));
  assert.equal(new Set(pids).size, 2);
  t.after(() => pids.map((pid) => isGoneWithin(pid, 0).then((gone) => gone || process.kill(pid, 'SIGKILL'))));
  assert.deepEqual(await Promise.all(pids.map((pid) => isGoneWithin(pid, 2_000))), [true, true]);
});

for (const mode of ['thread', 'process'] as const) {
  test(`after the stop of a ${mode} pool nothing keeps the process`, async (t) => {
    const { ended, output } = runChild(t, poolMain, [mode, 'stop']);

    assert.equal(await ended, 0, output());
    assert.match(output(), /stopped, 0 left/);
  });

  test(`${mode} workers inherit the loaders and flags of the main process`, async (t) => {
    const flags = ['--import', loader.href, '--max-old-space-size=300', '--no-warnings'];
    const { ended, output } = runChild(t, poolMain, [mode, 'flags'], flags);

    assert.equal(await ended, 0, output());
    assert.match(output(), /loader: loaded/);
  });

  test(`a ${mode} worker that has been idle for weeks is still there`, async (t) => {
    const { ended, output } = runChild(t, poolMain, [mode, 'idle'], ['--import', weeksPass.href]);

    assert.equal(await ended, 0, output());
    const [before, after] = JSON.parse(output()) as { worker: string; count: number }[];
    assert.deepEqual(after, { worker: before?.worker, count: 2 });
  });

  test(`${mode} workers run their own file where the main process was given code to run`, async (t) => {
    const run = `process.argv.splice(1, 0, 'main'); await import(${JSON.stringify(poolMain.href)});`;
    const flags = ['--import', loader.href, '--input-type=module', '--eval', run];
    const child = spawn(process.execPath, [...flags, mode, 'flags']);
    t.after(() => child.kill('SIGKILL'));

    assert.match(await text(child.stdout), /loader: loaded/);
  });

  test(`a module declared after an awaited bootstrap fails the start on a ${mode} worker, which says what to do`, async (t) => {
    const { ended, output } = runChild(t, lateModuleMain, [mode]);

    assert.equal(await ended, 0, output());
    assert.match(
      output(),
      /late-module-main\.js.* was not declared by then: declare all modules of that file before its first bootstrap\(\)\./,
    );
  });

  test(`a service that is declared and started in one file runs on a ${mode} worker`, async (t) => {
    const { child, ended, output } = runChild(t, serviceMain, [mode]);
    const seen = (text: string): boolean => output().includes(text);
    while (!seen('main runs') || !seen('tick')) {
      await Promise.race([once(child.stdout as NodeJS.EventEmitter, 'data'), ended]);
      assert.equal(child.exitCode, null, output());
    }

    child.send('stop');

    assert.equal(await ended, 0, output());
    assert.deepEqual(output().trim().split('\n').sort(), [
      'main runs',
      'stopped',
      mode === 'thread' ? 'tick 1 in a thread of main' : 'tick 1 in another process',
      'worker starts',
      'worker stops',
    ]);
  });
}

test('signals of the terminal and the service manager do not end worker processes', async (t) => {
  const { call } = await startExecutor(t, { mode: 'process' });
  const { worker } = resultOf(await call('who')) as { worker: string };
  const pid = Number(worker.replace('process ', ''));

  const running = call('sleep', 300);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(pid, signal);

  assert.equal(resultOf(await running), 300);
  assert.equal((resultOf(await call('who')) as { worker: string }).worker, worker);
});

test('worker processes start under node --watch', async (t) => {
  process.env.WATCH_REPORT_DEPENDENCIES = '1';
  t.after(() => delete process.env.WATCH_REPORT_DEPENDENCIES);
  const { call } = await startExecutor(t, { mode: 'process' });

  assert.equal(resultOf(await call('env', 'WATCH_REPORT_DEPENDENCIES')), '');
});
