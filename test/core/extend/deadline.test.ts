import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deadline } from '@micro-framework/core';

describe('a deadline', () => {
  test('says how much time is left, and never less than none', (t) => {
    let now = 1_000;
    t.mock.method(performance, 'now', () => now);
    const deadline = Deadline.in(50);

    const before = [deadline.remaining, deadline.passed];
    now = 2_000;

    assert.deepEqual(before, [50, false]);
    assert.deepEqual([deadline.remaining, deadline.passed], [0, true]);
  });

  test('tells whether work ended in time', async () => {
    assert.equal(await Deadline.in(10_000).within(Promise.resolve('done')), true);
    assert.equal(await Deadline.in(1).within(new Promise(() => {})), false);
  });

  test('that has passed still lets through what is done', async () => {
    assert.equal(await Deadline.in(0).within(Promise.resolve()), true);
  });

  test('passes a failure on', async () => {
    await assert.rejects(Deadline.in(10_000).within(Promise.reject(new Error('broken'))), /broken/);
  });

  test('of any length is one that a timer can wait for', async () => {
    for (const ms of [Number.POSITIVE_INFINITY, 1e15]) {
      let end = (): void => {};
      const work = new Promise<void>((resolve) => {
        end = resolve;
      });

      const inTime = Deadline.in(ms).within(work);
      setTimeout(end, 20); // a timer that overflows fires after 1 ms

      assert.equal(await inTime, true);
    }
  });
});
