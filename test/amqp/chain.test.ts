import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chain, type Linked } from '@micro-framework/amqp/internal';
import fc from 'fast-check';

interface Item extends Linked<Item> {
  readonly number: number;
}

test('a chain holds its items in the order they came, whichever of them leave', () => {
  const step = fc.oneof(
    fc.constant({ kind: 'append' } as const),
    fc.record({ kind: fc.constant('remove' as const), which: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const chain = new Chain<Item>();
      const expected: Item[] = [];

      for (const [number, one] of steps.entries()) {
        if (one.kind === 'append') {
          const item: Item = { number, before: undefined, after: undefined };
          chain.append(item);
          expected.push(item);
        } else {
          const [item] = expected.splice(one.which % Math.max(1, expected.length), 1);
          if (item) chain.remove(item);
        }
      }

      const numbers = (items: Iterable<Item>): number[] => [...items].map(({ number }) => number);
      assert.deepEqual(numbers(chain), numbers(expected));
      assert.equal(chain.size, expected.length);
      assert.equal(chain.first?.number, expected[0]?.number);
    }),
  );
});

test('what has left a chain holds nothing of it, and can stand in another', () => {
  const [one, two] = [new Chain<Item>(), new Chain<Item>()];
  const items = [1, 2, 3].map((number): Item => ({ number, before: undefined, after: undefined }));
  for (const item of items) one.append(item);
  const middle = items[1] as Item;

  one.remove(middle);

  assert.deepEqual([middle.before, middle.after], [undefined, undefined]);
  two.append(middle);
  assert.deepEqual(
    [[...one], [...two]].map((chain) => chain.map(({ number }) => number)),
    [[1, 3], [2]],
  );
});
