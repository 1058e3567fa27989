import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Roster } from '@micro-framework/core/internal';

test('an item is found until its place is given back', () => {
  const roster = new Roster<string>();
  const place = roster.add('a');
  roster.add('b');

  roster.remove(place);

  assert.equal(roster.size, 1);
  assert.equal(
    roster.find((item) => item === 'a'),
    undefined,
  );
  assert.equal(
    roster.find((item) => item === 'b'),
    'b',
  );
});

test('a place that was given back is taken again, so that a roster is as long as it ever was full', () => {
  const roster = new Roster<number>();
  const places = new Set<number>();

  for (let call = 0; call < 1_000; call++) {
    const place = roster.add(call);
    places.add(place);
    roster.remove(place);
  }

  assert.deepEqual([...places], [0]);
  assert.equal(roster.size, 0);
  assert.deepEqual(roster.items(), []);
});
