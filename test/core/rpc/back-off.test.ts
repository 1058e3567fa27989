import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pauseAfter } from '@micro-framework/core/rpc';

const pauses = { first: 100, longest: 1_000 };
const after = (random: number): number[] =>
  [1, 2, 3, 4, 5, 6, 2_000].map((failures) => pauseAfter(failures, pauses, () => random));

describe('the pause before another try', () => {
  test('is twice as long each time, up to a limit', () => {
    assert.deepEqual(after(0), [100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  test('is by chance up to half of it less, so that not all come back at once', () => {
    assert.deepEqual(after(0.5), [75, 150, 300, 600, 750, 750, 750]);
    assert.deepEqual(after(1), [50, 100, 200, 400, 500, 500, 500]);
    const own = new Set(Array.from({ length: 50 }, () => pauseAfter(1, pauses)));
    assert.ok(own.size > 1);
    for (const pause of own) assert.ok(pause > 50 && pause <= 100, String(pause));
  });

  test('is the first one before anything has failed', () => {
    assert.equal(
      pauseAfter(0, pauses, () => 0),
      100,
    );
  });
});
