import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { resultOf, startExecutor } from '../../support/executor/executors.js';
import { hostFile } from '../../support/executor/host-file.js';

for (const mode of ['thread', 'process'] as const) {
  test(`while no ${mode} worker can start, pauses grow and calls are refused in time; later all is well`, async (t) => {
    let broken = false;
    const tries: number[] = [];
    const fourTries = new EventEmitter();
    const answer = async (): Promise<void> => {
      if (tries.push(performance.now()) === 5) fourTries.emit('done');
      if (broken) throw new Error('the database is down');
    };
    const init = { hostUrl: hostFile({ start: "await ask('Fixture', 'starting', undefined)" }) };
    const { call, lines } = await startExecutor(t, { mode, answer, init });

    broken = true;
    const crashed = await call('exit');
    const refused = await call('echo', 1, { timeout: 100 });
    const patient = call('echo', 2);
    await once(fourTries, 'done');
    broken = false;
    const served = await patient;

    assert.equal(crashed.kind, 'crashed');
    assert.deepEqual(refused, { kind: 'refused', reason: 'no-worker' });
    assert.equal(resultOf(served), 2);
    const errors = lines.filter(({ level }) => level === 'error');
    assert.ok(errors.length >= 3 && errors.length <= 4, `${errors.length} errors were logged`);
    assert.match(String(errors[0]?.fields.err), /the database is down/);
    const pauses = tries.slice(2).map((at, index) => at - (tries[index + 1] as number));
    for (const [index, ms] of pauses.entries()) assert.ok(ms >= 50 * 2 ** index, `pauses: ${pauses}`);
  });

  test(`a ${mode} worker that dies soon after each start is not replaced at full speed`, async (t) => {
    // The first may live until the start is over; each later one dies as soon as it is there.
    let started: () => void = () => {};
    const whenStarted = new Promise<void>((resolve) => {
      started = resolve;
    });
    const init = { hostUrl: hostFile({ start: "void ask('Fixture', 'die?').then(() => process.exit(1))" }) };
    const { lines } = await startExecutor(t, { mode, init, answer: () => whenStarted });
    started();

    await pause(1_500);

    const ended = lines.filter(({ fields }) => fields.to === 'ended').length;
    assert.ok(ended >= 2 && ended <= 6, `${ended} workers were started`);
  });

  test(`a call that no ${mode} worker lives to begin is refused in time, and they are not replaced at full speed`, async (t) => {
    let die = false;
    // Once it has said that it is ready, and before it looks for what has come meanwhile.
    const dieSoon = `(async () => {
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => process.nextTick(resolve));
      for (const until = performance.now() + 100; performance.now() < until; );
      process.exit(1);
    })()`;
    const start = `if (await ask('Fixture', 'die?', undefined)) void ${dieSoon}`;
    const answer = async (): Promise<boolean> => die;
    const { call, lines } = await startExecutor(t, { mode, init: { hostUrl: hostFile({ start }) }, answer });

    die = true;
    await call('exit');
    const waiting = await call('echo', 1, { timeout: 1_000 });

    assert.deepEqual(waiting, { kind: 'refused', reason: 'no-worker' });
    const ended = lines.filter(({ fields }) => fields.to === 'ended').length;
    assert.ok(ended >= 2 && ended <= 7, `${ended} workers were started`);
  });
}

test('two pools of processes keep their own settings, also when their workers are replaced', async (t) => {
  const [small, large] = await Promise.all(
    [100, 200].map((maxOldGenerationSizeMb) =>
      startExecutor(t, { mode: 'process', resourceLimits: { maxOldGenerationSizeMb } }),
    ),
  );
  assert.ok(small && large);
  const before = [await small.call('flags'), await large.call('flags')];

  await small.call('exit', 1);

  const flags = [...before, await small.call('flags'), await large.call('flags')].map(resultOf) as string[][];
  const limits = flags.map((all) => all.find((flag) => flag.startsWith('--max-old-space-size')));
  assert.deepEqual(
    limits,
    [100, 200, 100, 200].map((size) => `--max-old-space-size=${size}`),
  );
});
