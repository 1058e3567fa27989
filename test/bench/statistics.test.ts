import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  median,
  missedReaches,
  quantile,
  type RoundFigures,
  reachRows,
  rowsOf,
} from '../../bench/harness/statistics.js';
import type { Reach } from '../../bench/harness/suite.js';

test('a median is the value in the middle, or between the two there', () => {
  assert.equal(median([9, 1, 10]), 9);
  assert.equal(median([4, 1, 2, 10]), 3);
  assert.equal(quantile([0, 10], 0.99), 9.9);
  assert.ok(Number.isNaN(median([])));
});

test('a row tells the median, the lowest and the highest of all rounds', () => {
  const rounds = [
    round({ ours: 30, peer: 10 }),
    round({ ours: 10, peer: 10 }),
    round({ ours: 20, peer: 10 }),
  ];

  const [ours] = rowsOf(rounds);

  assert.deepEqual(ours, { name: 'ours, busy, speed', median: 20, min: 10, max: 30, unit: 'calls/s' });
});

test('a ratio is taken in each round, so that a slow round does not change it', () => {
  const rounds = [round({ ours: 30, peer: 10 }), round({ ours: 3, peer: 1 }), round({ ours: 15, peer: 5 })];

  const [row] = reachRows([ratio({ atLeast: 1 })], rounds);

  assert.deepEqual(row, { name: 'ours/peer', median: 3, min: 3, max: 3, unit: 'ratio' });
});

test('each reach that is missed is named with what was wanted', () => {
  const rounds = [round({ ours: 1, peer: 2 })];
  const reaches = [ratio({ atLeast: 1 }), ratio({ atLeast: 0.5 }), ratio({ atMost: 1 / 3 }), ratio({})];

  const missed = missedReaches(reaches, reachRows(reaches, rounds));

  assert.deepEqual(missed, ['ours/peer: 0.50, wanted at least 1', 'ours/peer: 0.50, wanted at most 0.33']);
});

test('a reach without a figure is missed', () => {
  assert.deepEqual(missedReaches([ratio({ atLeast: 1 })], []), ['ours/peer: NaN, wanted at least 1']);
  assert.throws(() => reachRows([ratio({})], [round({ ours: 1 })]), /no figure peer, busy, speed/);
});

function round(speeds: Record<string, number>): RoundFigures {
  const figure = { group: 'busy', metric: 'speed', unit: 'calls/s' };
  return new Map(Object.entries(speeds).map(([name, value]) => [name, [{ ...figure, value }]]));
}

function ratio(limits: { atLeast?: number; atMost?: number }): Reach {
  return {
    name: 'ours/peer',
    unit: 'ratio',
    value: ({ of }) => of('ours', 'busy', 'speed') / of('peer', 'busy', 'speed'),
    ...limits,
  };
}
