import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AnyFunction } from '@micro-framework/core';
import { bindArguments, nameParameters, readSignature } from '@micro-framework/core/rpc';

function bind(
  target: AnyFunction,
  positional: unknown[],
  named: Record<string, unknown> = {},
  names?: string[],
): readonly unknown[] | string {
  const signature = nameParameters(readSignature(target), names);
  const binding = bindArguments('f', signature, { positional, named });
  return binding.kind === 'bound' ? binding.args : binding.message;
}

const two = (_a: unknown, _b = 1): void => {};
const many = (_a: unknown, ..._rest: unknown[]): void => {};
const keywords = (_a: unknown, { scale: _ = 1, ..._more }: { scale?: number } = {}): void => {};

describe('arguments', () => {
  test('by place stay where they are, and what is left out is undefined', () => {
    assert.deepEqual(bind(two, [1, 2]), [1, 2]);
    assert.deepEqual(bind(two, [1]), [1, undefined]);
    assert.deepEqual(bind(two, []), [undefined, undefined]);
    assert.deepEqual(bind(many, [1, 2, 3]), [1, 2, 3]);
  });

  test('by name go to the place of their name', () => {
    assert.deepEqual(bind(two, [], { _b: 2, _a: 1 }), [1, 2]);
    assert.deepEqual(bind(two, [1], { _b: 2 }), [1, 2]);
  });

  test('by name that are no parameters go into the object pattern that stands last', () => {
    assert.deepEqual(bind(keywords, [1], { scale: 2, extra: 'x' }), [1, { scale: 2, extra: 'x' }]);
    assert.deepEqual(bind(keywords, [], { scale: 2 }), [undefined, { scale: 2 }]);
    assert.deepEqual(bind(keywords, [1, { scale: 3 }]), [1, { scale: 3 }]);
  });

  test('called __proto__ are data like any other', () => {
    const given = JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>;

    const [, gathered] = bind(keywords, [1], given) as [unknown, object];

    assert.equal(Object.getPrototypeOf(gathered), Object.prototype);
    assert.deepEqual(Object.keys(gathered), ['__proto__']);
    assert.equal(bind(two, [], given), "f() got an unexpected keyword argument '__proto__'");
  });

  const faults: [what: string, fault: unknown, expected: string][] = [
    ['too many', bind(two, [1, 2, 3]), 'f() takes from 1 to 2 positional arguments but 3 were given'],
    ['one too many', bind(() => {}, [1]), 'f() takes 0 positional arguments but 1 was given'],
    ['an unknown name', bind(two, [], { c: 1 }), "f() got an unexpected keyword argument 'c'"],
    ['a value twice', bind(two, [1], { _a: 1 }), "f() got multiple values for argument '_a'"],
    ['keywords twice', bind(keywords, [1, {}], { scale: 1 }), "f() got multiple values for argument 'scale'"],
    ['one missing', bind(two, [1], {}, ['a', 'b']), "f() missing 1 required positional argument: 'b'"],
    [
      'two missing',
      bind(two, [], {}, ['a', 'b']),
      "f() missing 2 required positional arguments: 'a' and 'b'",
    ],
    [
      'a name where none is known',
      bind(Math.max, [], { a: 1 }),
      "f() got a keyword argument 'a', but the names of its parameters are unknown",
    ],
  ];
  for (const [what, fault, expected] of faults) {
    test(`are refused: ${what}`, () => assert.equal(fault, expected));
  }

  test('by place reach a handler of which nothing is known', () => {
    assert.deepEqual(bind(Math.max, [1, 2]), [1, 2]);
  });
});
