import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tables } from '../../bench/harness/report.js';
import { rowsOf } from '../../bench/harness/statistics.js';
import type { Figure } from '../../bench/harness/suite.js';

test('a table has a line for each contender that was put under its load, and for no other', () => {
  const rounds = [
    new Map([
      ['ours', [figure('busy', 3), figure('idle', 5)]],
      ['peer', [figure('busy', 4)]],
    ]),
  ];

  assert.equal(
    tables(rounds, rowsOf(rounds)),
    [
      'busy    speed, calls/s',
      'ours  3.00 (3.00-3.00)',
      'peer  4.00 (4.00-4.00)',
      '',
      'idle    speed, calls/s',
      'ours  5.00 (5.00-5.00)',
    ].join('\n'),
  );
});

function figure(group: string, value: number): Figure {
  return { group, metric: 'speed', unit: 'calls/s', value };
}
