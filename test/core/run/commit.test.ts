import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BridgeError, type CallInfo } from '@micro-framework/core';
import { commitTo } from '@micro-framework/core/internal';

const call: CallInfo = { id: 'shop.Orders.price.1', callIdStack: [], route: '0/0/price', attempt: 1 };

describe('effects', () => {
  test('go to the main half they belong to, all of one half at once and in their order', async () => {
    const seen: unknown[] = [];
    const main = (name: string): object => ({
      commit: async (effects: unknown, of: CallInfo) => {
        seen.push([name, effects, of.id]);
      },
    });
    const mains = new Map([
      ['A', main('A')],
      ['B', main('B')],
    ]);

    await commitTo(mains)(
      [
        { dependency: 'A', effect: 1 },
        { dependency: 'B', effect: 2 },
        { dependency: 'A', effect: 3 },
      ],
      call,
    );

    assert.deepEqual(seen, [
      ['A', [1, 3], call.id],
      ['B', [2], call.id],
    ]);
  });

  test('of a dependency that cannot commit are a fault of that dependency', async () => {
    const effects = [{ dependency: 'Nobody', effect: 1 }];

    await assert.rejects(commitTo(new Map([['Nobody', {}]]))(effects, call), (error: Error) => {
      assert.ok(error instanceof BridgeError);
      assert.match(error.message, /shop\.Orders\.price\.1 emitted to Nobody, whose main half has no commit/);
      return true;
    });
  });
});
