import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { momentsOf } from '@micro-framework/core/internal';

const iso = (moment: Date | undefined): string | undefined => moment?.toISOString();

describe('the moments of an interval', () => {
  const moments = momentsOf(7_000, undefined);

  test('are its multiples since 1970, whenever the instance was started', () => {
    assert.equal(Number(moments.next(new Date(14_000))), 21_000);
    assert.equal(Number(moments.next(new Date(20_999))), 21_000);
    assert.equal(Number(moments.last(new Date(14_000))), 14_000);
    assert.equal(Number(moments.last(new Date(20_999))), 14_000);
  });
});

describe('the moments of a cron schedule', () => {
  test('are those of its time zone', () => {
    const moments = momentsOf('0 3 * * *', 'Europe/Berlin');

    assert.equal(iso(moments.next(new Date('2026-01-31T02:00:00Z'))), '2026-02-01T02:00:00.000Z');
    assert.equal(iso(moments.last(new Date('2026-01-31T02:00:00Z'))), '2026-01-31T02:00:00.000Z');
    assert.equal(iso(moments.last(new Date('2026-01-31T01:59:59Z'))), '2026-01-30T02:00:00.000Z');
  });

  test('may end, and may not have begun', () => {
    const moments = momentsOf('0 0 0 1 1 * 2037', 'UTC');

    assert.equal(moments.last(new Date('2036-12-31T00:00:00Z')), undefined);
    assert.equal(moments.next(new Date('2037-01-01T00:00:00Z')), undefined);
  });

  // A moment that had two names would be run twice.
  for (const expression of ['30 2 * * *', '*/20 * * * *', '15 1,2,3 * * *', '59 59 1 * * *'])
    test(`'${expression}' are the same ahead and in retrospect, also where clocks are changed`, () => {
      const moments = momentsOf(expression, 'Europe/Berlin');
      for (const day of ['2026-03-28', '2026-10-24']) {
        let moment = moments.next(new Date(`${day}T12:00:00Z`)) as Date;
        for (let steps = 0; steps < 100; steps++) {
          assert.equal(iso(moments.last(moment)), iso(moment));
          assert.equal(iso(moments.last(new Date(moment.getTime() + 999))), iso(moment));
          moment = moments.next(moment) as Date;
        }
      }
    });
});
