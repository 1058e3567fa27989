import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BackOff, IntervalSchedule } from '@micro-framework/core';
import { intervalOf, type NextStep, nextStep, type Outcome } from '@micro-framework/core/internal';
import fc from 'fast-check';

const error = { name: 'Error', message: 'broken' };
const failed: Outcome = { kind: 'failed', error, retryable: true };
const notCovered: Outcome = { kind: 'failed', error, retryable: false };
const crashed: Outcome = { kind: 'crashed', error };
const timedOut: Outcome = { kind: 'timed-out', error };
const rejected: Outcome = { kind: 'rejected', error };
const refused: Outcome = { kind: 'refused', reason: 'full' };
const succeeded: Outcome = { kind: 'succeeded', value: 1, effects: [] };

const twice: BackOff = { maxRetries: 2, interval: 100 };
const longest = 2 ** 31 - 1;

describe('what follows an outcome', () => {
  const retry: NextStep = { kind: 'retry', delay: 100, error };
  const deadLetter = (reason: 'failed' | 'crashed' | 'timed-out' | 'rejected'): NextStep => {
    return { kind: 'dead-letter', reason, error };
  };
  const callback = (reason: 'failed' | 'crashed' | 'timed-out'): NextStep => {
    return { kind: 'callback', reason, error };
  };
  const cases: [
    title: string,
    given: { outcome: Outcome; backOff?: BackOff; hasOnFailure?: boolean; attempt?: number },
    step: NextStep,
  ][] = [
    ['a success is acknowledged', { outcome: succeeded, backOff: twice }, { kind: 'ack' }],
    ['a filtered call is acknowledged', { outcome: { kind: 'filtered' } }, { kind: 'ack' }],
    [
      'a refused call is handed back',
      { outcome: refused, backOff: twice },
      { kind: 'requeue', reason: 'full' },
    ],
    ['a failure without back-off ends in the dead letters', { outcome: failed }, deadLetter('failed')],
    ['a failure is tried again', { outcome: failed, backOff: twice }, retry],
    ['a second failure is tried again', { outcome: failed, backOff: twice, attempt: 2 }, retry],
    ['a third failure is not', { outcome: failed, backOff: twice, attempt: 3 }, deadLetter('failed')],
    ['nor one far beyond', { outcome: failed, backOff: twice, attempt: 999 }, deadLetter('failed')],
    ['maxRetries 0 means never', { outcome: failed, backOff: { maxRetries: 0 } }, deadLetter('failed')],
    [
      'an error the back-off does not cover ends',
      { outcome: notCovered, backOff: twice },
      deadLetter('failed'),
    ],
    ['a crash is tried again', { outcome: crashed, backOff: twice }, retry],
    ['a timeout is tried again', { outcome: timedOut, backOff: twice }, retry],
    [
      'a crash at the last attempt ends',
      { outcome: crashed, backOff: twice, attempt: 3 },
      deadLetter('crashed'),
    ],
    ['a crash without back-off ends', { outcome: crashed }, deadLetter('crashed')],
    ['onFailure comes first', { outcome: failed, hasOnFailure: true }, callback('failed')],
    [
      'onFailure comes after the last retry',
      { outcome: timedOut, backOff: twice, attempt: 3, hasOnFailure: true },
      callback('timed-out'),
    ],
    ['onFailure waits for the retries', { outcome: failed, backOff: twice, hasOnFailure: true }, retry],
    [
      'what cannot be understood is neither retried nor called back',
      { outcome: rejected, backOff: twice, hasOnFailure: true },
      deadLetter('rejected'),
    ],
  ];
  for (const [title, { outcome, backOff, hasOnFailure = false, attempt = 1 }, step] of cases) {
    test(title, () => {
      assert.deepEqual(nextStep(outcome, { backOff, hasOnFailure }, attempt), step);
    });
  }

  test('maxRetries is the number of attempts after the first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), (maxRetries) => {
        let calls = 1;
        while (next({ maxRetries, interval: 1 }, calls).kind === 'retry') calls++;

        assert.equal(calls, maxRetries + 1);
      }),
    );
  });

  test('a back-off that says nothing means three retries of ten seconds', () => {
    assert.deepEqual(next({}, 3), { kind: 'retry', delay: 10_000, error });
    assert.equal(next({}, 4).kind, 'dead-letter');
  });
});

describe('the interval', () => {
  const cases: [interval: BackOff['interval'], attempts: number[], delays: number[]][] = [
    [250, [1, 2, 9], [250, 250, 250]],
    [0, [1], [0]],
    [{ type: 'constant', initial: 70 }, [1, 2, 3], [70, 70, 70]],
    [{ type: 'linear', initial: 100 }, [1, 2, 3], [100, 200, 300]],
    [{ type: 'linear', initial: 100, max: 250 }, [1, 2, 3, 4], [100, 200, 250, 250]],
    [{ type: 'exponential', initial: 100 }, [1, 2, 3, 4], [100, 200, 400, 800]],
    [{ type: 'exponential', initial: 100, factor: 3 }, [1, 2, 3], [100, 300, 900]],
    [{ type: 'exponential', initial: 1_000 }, [60], [3_600_000]],
    [{ type: 'exponential', initial: 1_000 }, [5_000], [3_600_000]],
    [{ type: 'exponential', initial: 1, max: 1e15 }, [300], [longest]],
    [({ attempt }) => attempt * 7, [1, 2], [7, 14]],
    [() => 1.6, [1], [2]],
    [() => -5, [1], [0]],
    [() => Number.NEGATIVE_INFINITY, [1], [0]],
    [() => Number.POSITIVE_INFINITY, [1], [longest]],
    [() => Number.NaN, [1], [10_000]],
    [() => undefined as never, [1], [10_000]],
    [(async () => 5) as never, [1], [10_000]],
  ];
  for (const [interval, attempts, delays] of cases) {
    const shown = typeof interval === 'function' ? String(interval) : JSON.stringify(interval);
    test(`${shown} gives ${delays.join(', ')} at attempt ${attempts.join(', ')}`, () => {
      const given = attempts.map((attempt) =>
        intervalOf({ interval: interval as never }, { attempt, error }, half),
      );

      assert.deepEqual(given, delays);
    });
  }

  test('gives a function the attempt and the error', () => {
    const seen: unknown[] = [];

    intervalOf({ interval: (context) => seen.push(context) }, { attempt: 4, error }, half);

    assert.deepEqual(seen, [{ attempt: 4, error }]);
  });

  const schedule = fc.record<IntervalSchedule>(
    {
      type: fc.constantFrom('constant', 'linear', 'exponential'),
      initial: fc.double({ min: 0, max: 1e9, noNaN: true }),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      max: fc.double({ min: 0, max: 1e12, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    },
    { requiredKeys: ['type', 'initial'] },
  );
  const attempts = fc.integer({ min: 1, max: 10_000 });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('is a whole number that a timer can wait, whatever a schedule or a function says', () => {
    const wild = fc.oneof(
      schedule,
      fc.double(),
      fc.anything().map((value) => () => value as number),
      fc.record<IntervalSchedule>({
        type: fc.constantFrom('constant', 'linear', 'exponential'),
        initial: fc.double(),
        factor: fc.double(),
        max: fc.double(),
        jitter: fc.double(),
      }),
    );
    fc.assert(
      fc.property(wild, attempts, chance, (interval, attempt, random) => {
        const ms = delayOf(interval, attempt, random);

        assert.ok(ms === 'threw' || (Number.isInteger(ms) && ms >= 0 && ms <= longest), String(ms));
      }),
    );
  });

  test('never shrinks from one attempt to the next', () => {
    fc.assert(
      fc.property(schedule, attempts, (interval, attempt) => {
        const steady = { ...interval, jitter: 0 };

        assert.ok(Number(delayOf(steady, attempt + 1, 0.5)) >= Number(delayOf(steady, attempt, 0.5)));
      }),
    );
  });

  test('never exceeds its max', () => {
    fc.assert(
      fc.property(schedule, attempts, chance, (interval, attempt, random) => {
        const { max = 3_600_000 } = interval;

        assert.ok(Number(delayOf(interval, attempt, random)) <= Math.round(max));
      }),
    );
  });

  test('is shortened by jitter by at most its share, and is not lengthened', () => {
    fc.assert(
      fc.property(schedule, attempts, chance, (interval, attempt, random) => {
        const { jitter = 0 } = interval;
        const full = Number(delayOf({ ...interval, jitter: 0 }, attempt, 0));

        const jittered = Number(delayOf(interval, attempt, random));

        assert.ok(jittered <= full);
        assert.ok(jittered >= full * (1 - jitter) - 1);
      }),
    );
  });

  test('is the default for a function that returns a promise, whose rejection harms nobody', async () => {
    const rejecting = (async () => {
      throw new Error('nobody waits for it');
    }) as unknown as () => number;

    const delay = delayOf(rejecting, 1, 0);
    await new Promise((resolve) => setImmediate(resolve));

    assert.equal(delay, 10_000);
  });

  test('is spread by jitter over all of its range', () => {
    const interval: IntervalSchedule = { type: 'constant', initial: 1_000, jitter: 0.5 };

    assert.deepEqual(
      [0, 0.5, 0.998].map((random) => delayOf(interval, 1, random)),
      [1_000, 750, 501],
    );
  });
});

function next(backOff: BackOff, attempt: number): NextStep {
  return nextStep(failed, { backOff, hasOnFailure: false }, attempt);
}

function half(): number {
  return 0.5;
}

// A function that returns a symbol or a big integer throws here; the dispatcher takes the default then.
function delayOf(interval: BackOff['interval'], attempt: number, random: number): number | 'threw' {
  try {
    return intervalOf({ interval: interval as never }, { attempt, error }, () => random);
  } catch (thrown) {
    assert.ok(thrown instanceof TypeError);
    return 'threw';
  }
}
