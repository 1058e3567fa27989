import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitFor, waitGrid, waitsOf } from '@micro-framework/amqp/internal';
import { type BackOff, intervalOf, longestInterval } from '@micro-framework/core';
import fc from 'fast-check';

const schedules = fc.record(
  {
    type: fc.constantFrom('constant' as const, 'linear' as const, 'exponential' as const),
    initial: fc.integer({ min: 0, max: 200_000 }),
    factor: fc.double({ min: 0.5, max: 5, noNaN: true }),
    max: fc.integer({ min: 0, max: 200_000_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  },
  { requiredKeys: ['type', 'initial'] },
);

const backOffs: fc.Arbitrary<BackOff> = fc.record(
  {
    maxRetries: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(Number.POSITIVE_INFINITY)),
    interval: fc.oneof(fc.integer({ min: 0, max: 2 ** 31 - 1 }), schedules),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<BackOff>;

const error = { name: 'Error', message: '' };

describe('the waits of a back-off', () => {
  test('hold a queue for every delay it can ask for, and never a shorter one', () => {
    fc.assert(
      fc.property(
        backOffs,
        fc.nat(60),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (backOff, nth, chance) => {
          const attempt = 1 + (nth % Math.max(1, Math.min(backOff.maxRetries ?? 3, 60)));
          fc.pre((backOff.maxRetries ?? 3) >= 1);
          const delay = intervalOf(backOff, { attempt, error }, () => chance);
          fc.pre(delay >= 50);

          const waits = waitsOf(backOff);
          const wait = waitFor(delay, waits);

          assert.ok(waits.includes(wait));
          assert.ok(wait >= delay, `${wait} for ${delay}`);
        },
      ),
    );
  });

  test('are few, ascending, and each one named once', () => {
    fc.assert(
      fc.property(backOffs, (backOff) => {
        const waits = waitsOf(backOff);

        assert.ok(waits.length <= 40);
        assert.deepEqual(
          [...new Set(waits)].sort((a, b) => a - b),
          waits,
        );
        assert.ok(waits.every((wait) => wait >= 50));
      }),
    );
  });

  test('are exact for a constant, and for a schedule without chance', () => {
    assert.deepEqual(waitsOf({}), [10_000]);
    assert.deepEqual(waitsOf({ interval: 1_234 }), [1_234]);
    assert.deepEqual(waitsOf({ maxRetries: 3, interval: { type: 'linear', initial: 70 } }), [70, 140, 210]);
    assert.deepEqual(
      waitsOf({ maxRetries: 5, interval: { type: 'exponential', initial: 200 } }),
      [200, 400, 800, 1_600, 3_200],
    );
    assert.deepEqual(
      waitsOf({ maxRetries: 1e9, interval: { type: 'exponential', initial: 1_000, max: 5_000 } }),
      [1_000, 2_000, 4_000, 5_000],
    );
  });

  test('are a few for each delay of a schedule with jitter, so that what failed as one does not come back as one', () => {
    const constant = { type: 'constant', initial: 10_000, jitter: 0.2 } as const;
    const exponential = { type: 'exponential', initial: 1_000, max: 60_000, jitter: 0.2 } as const;

    assert.deepEqual(waitsOf({ interval: constant }), [8_500, 9_000, 9_500, 10_000]);
    assert.deepEqual(
      waitsOf({ maxRetries: 2, interval: exponential }),
      [850, 900, 950, 1_000, 1_700, 1_800, 1_900, 2_000],
    );
  });

  test('with jitter are never longer than the delay or shorter than it may become, and spread evenly between', () => {
    const jitters = fc.double({ min: 0.05, max: 1, noNaN: true });
    const schedule = fc.record({
      type: fc.constantFrom('constant' as const, 'linear' as const, 'exponential' as const),
      initial: fc.integer({ min: 1_000, max: 100_000 }),
      factor: fc.double({ min: 1.5, max: 3, noNaN: true }),
      max: fc.constant(3_600_000),
      jitter: jitters,
    });
    fc.assert(
      fc.property(schedule, fc.integer({ min: 1, max: 20 }), fc.nat(19), (interval, maxRetries, nth) => {
        const backOff: BackOff = { maxRetries, interval };
        const attempt = 1 + (nth % maxRetries);
        const waits = waitsOf(backOff);
        const full = intervalOf(backOff, { attempt, error }, () => 0);
        const chances = Array.from({ length: 100 }, (_, index) => (index + 0.5) / 100);

        const chosen = chances.map((chance) =>
          waitFor(
            intervalOf(backOff, { attempt, error }, () => chance),
            waits,
          ),
        );

        assert.ok(Math.max(...chosen) <= full, `${Math.max(...chosen)} for ${full}`);
        assert.ok(Math.min(...chosen) >= full * (1 - interval.jitter) - 1);
        // Two steps at the least, and none of them gets much more than its half: delays are whole milliseconds, and the
        // narrowest range here is 50 of them wide, so that rounding at both ends of a step moves up to two of a hundred.
        const most = Math.max(...chosen.map((one) => chosen.filter((other) => other === one).length));
        assert.ok(most <= 53, `${most} of 100 wait equally long`);
      }),
    );
  });

  test('are steps of the grid for functions and long rows of delays', () => {
    assert.deepEqual(waitsOf({ interval: () => 7 }), waitGrid);
    assert.deepEqual(
      waitsOf({ maxRetries: 100, interval: { type: 'linear', initial: 100, max: 4_000 } }),
      [100, 200, 500, 1_000, 2_000, 5_000],
    );
  });

  test('leave out what does not go through the broker', () => {
    assert.deepEqual(waitsOf({ interval: 20 }), []);
    assert.deepEqual(waitsOf({ maxRetries: 0 }), []);
  });

  test('of the grid rise as 1, 2, 5 from a tenth of a second to the longest interval there is', () => {
    assert.deepEqual(waitGrid.slice(0, 7), [100, 200, 500, 1_000, 2_000, 5_000, 10_000]);
    assert.equal(waitGrid.at(-1), longestInterval);
    assert.equal(waitGrid.length, 24);
  });

  test('of the grid are never shorter than what a function returned, however long', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (returned) => {
        const delay = intervalOf({ interval: () => returned }, { attempt: 1, error }, Math.random);

        assert.ok(waitFor(delay, waitGrid) >= Math.min(returned, longestInterval));
      }),
    );
  });
});
