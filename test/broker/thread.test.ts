import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { openBroker, startBroker } from '@micro-framework/broker';
import { dataFolder } from '../support/broker-process.js';

/** Counts the threads that are started until the test ends. */
function threads(t: TestContext): Worker[] {
  const started: Worker[] = [];
  const note = (worker: Worker): void => void started.push(worker);
  process.on('worker', note);
  t.after(() => process.off('worker', note));
  return started;
}

suite('a broker', () => {
  for (const [what, options, count] of [
    ['in memory starts no thread', {}, 0],
    ['with a folder starts none where it is not to', { storage: dataFolder().storage, thread: false }, 0],
    ['with a folder starts one', { storage: dataFolder().storage }, 1],
  ] as const)
    test(what, async (t) => {
      const started = threads(t);

      const broker = await startBroker(options);
      await broker.close();

      assert.equal(started.length, count);
    });

  test('that is shared by its name starts no thread', async (t) => {
    const started = threads(t);

    const broker = openBroker('memory://threads');
    await broker.locate();
    await broker.close();

    assert.equal(started.length, 0);
  });
});
