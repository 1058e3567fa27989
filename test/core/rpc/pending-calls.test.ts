import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PendingCalls } from '@micro-framework/core/rpc';

describe('calls that wait for their answer', () => {
  test('are taken once, by their answer', () => {
    const pending = new PendingCalls<number, { due: number }>(() => assert.fail('it has expired'));
    const call = { due: performance.now() + 60_000 };

    pending.add(1, call);

    assert.equal(pending.get(1), call);
    assert.equal(pending.take(1), call);
    assert.equal(pending.take(1), undefined);
    assert.equal(pending.size, 0);
    pending.takeAll();
  });

  test('are taken by their deadline, each at its own', async () => {
    const expired: string[] = [];
    await new Promise<void>((resolve) => {
      const pending = new PendingCalls<string, { due: number; name: string }>(({ name }) => {
        expired.push(name);
        if (pending.size === 0) resolve();
      });
      for (const [name, ms] of [
        ['late', 60],
        ['soon', 10],
        ['between', 30],
      ] as const)
        pending.add(name, { name, due: performance.now() + ms });
    });

    assert.deepEqual(expired.sort(), ['between', 'late', 'soon']);
  });

  test('are taken together when there will be no answers', () => {
    const pending = new PendingCalls<number, { due: number }>(() => assert.fail('it has expired'));
    for (const key of [1, 2, 3]) pending.add(key, { due: performance.now() + key });

    assert.equal(pending.takeAll().length, 3);
    assert.deepEqual([...pending], []);
  });
});
