import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { bootstrap } from '@micro-framework/core';
import { OwnWorkersModule } from './fixtures/own-workers.js';
import { answerOf } from './support/probe.js';

async function open(t: TestContext): Promise<void> {
  const options = { workerMode: 'thread', maxWorkers: 1, logLevel: 'silent', signals: false } as const;
  const runner = await bootstrap(OwnWorkersModule, options);
  t.after(() => runner.stop());
}

const placesOf = (target: string, calls: number, ms: number): Promise<string[]> =>
  Promise.all(Array.from({ length: calls }, () => answerOf(target, ms))) as Promise<string[]>;

test('a module has as many workers of its own as it says, of its kind, replaced when it says', async (t) => {
  await open(t);

  const others = await placesOf('Quick.work', 4, 1);
  const atOnce = await placesOf('Slow.work', 2, 300);
  const all = [...atOnce, ...(await placesOf('Slow.work', 10, 1))];

  const threads = new Set(others);
  assert.equal(threads.size, 1);
  assert.match([...threads].join(), new RegExp(`^${process.pid}/[1-9]`));
  assert.equal(new Set(atOnce).size, 2);
  for (const place of all) assert.match(place, new RegExp(`^(?!${process.pid}/)\\d+/0$`));
  const calls = new Map<string, number>();
  for (const place of all) calls.set(place, (calls.get(place) ?? 0) + 1);
  assert.equal(Math.max(...calls.values()), 3);
  assert.ok(calls.size >= 4, `${calls.size} processes for ${all.length} calls`);
});

test('long jobs of one module do not keep the short ones of another waiting', async (t) => {
  await open(t);
  let done = 0;
  const long = Array.from({ length: 4 }, async () => {
    await answerOf('Slow.work', 1_000);
    done += 1;
  });

  await placesOf('Quick.work', 20, 1);

  assert.equal(done, 0);
  await Promise.all(long);
});
