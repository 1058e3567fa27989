// A main process of its own: `node pool-main.js <mode> <what>`.
import { setTimeout as pause } from 'node:timers/promises';
import { Deadline } from '@micro-framework/core';
import { openExecutor, resultOf } from '../../../support/executor/executors.js';

const [mode, what] = process.argv.slice(2) as ['thread' | 'process', string];
const { executor, call } = openExecutor({ mode, max: what === 'idle' ? 1 : 2, maxTasksPerChild: 5 });
await executor.start();

switch (what) {
  // Its two workers never come to an end; the test kills this process.
  case 'orphans': {
    const workers = [call('who'), call('who')].map(
      async (outcome) => (resultOf(await outcome) as { worker: string }).worker,
    );
    process.send?.(await Promise.all(workers));
    void call('spin', undefined, { timeout: 1e9 });
    void call('never', undefined, { timeout: 1e9 });
    break;
  }
  // Replacements are on their way when it stops; then nothing holds the process.
  case 'stop': {
    await Promise.all(Array.from({ length: 9 }, () => call('echo')));
    await call('exit', 1);
    const left = await executor.stop(Deadline.in(5_000));
    console.log(`stopped, ${left} left`);
    process.disconnect?.();
    break;
  }
  // Its worker idles.
  case 'idle': {
    const before = resultOf(await call('who'));
    await pause(500);
    console.log(JSON.stringify([before, resultOf(await call('who'))]));
    await executor.stop(Deadline.in(5_000));
    process.disconnect?.();
    break;
  }
  // Whether loaders and flags of the main process reach its workers.
  case 'flags':
    console.log(`loader: ${resultOf(await call('global', 'fixtureLoader'))}`);
    await executor.stop(Deadline.in(5_000));
    process.disconnect?.();
    break;
}
