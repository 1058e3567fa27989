import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AnyFunction, type Signature } from '@micro-framework/core';
import { nameParameters, readSignature } from '@micro-framework/core/rpc';

/** `name`, `name=` with a default, `...name`, `{name}` for a keyword, `{...name}` for any keyword. */
function shown(signature: Signature | undefined): string[] | undefined {
  return signature?.map(({ name, kind, hasDefault }) => {
    const text = `${kind === 'rest' || kind === 'keywords' ? '...' : ''}${name}`;
    const inner = hasDefault && kind !== 'rest' && kind !== 'keywords' ? `${text}=` : text;
    return kind.startsWith('keyword') ? `{${inner}}` : inner;
  });
}

/** A function with just this source text, which no compiler or formatter has touched. */
function written(source: string): AnyFunction {
  return Object.values(
    Function(`return { f: ${source} }`)() as Record<string, AnyFunction>,
  )[0] as AnyFunction;
}

describe('the parameters of a function', () => {
  const cases: [source: string, expected: string[]][] = [
    ['function () {}', []],
    ['function named(a, b = 1) {}', ['a', 'b=']],
    ['async function named(a) {}', ['a']],
    ['function* named(a) {}', ['a']],
    ['(a, b) => a', ['a', 'b']],
    ['a => a', ['a']],
    ['async a => a', ['a']],
    ['async (a = () => (1, 2), b) => a', ['a=', 'b']],
    ['function (a, ...others) {}', ['a', '...others']],
    ['function (a /* the first, of (two) */, b // the last )\n) {}', ['a', 'b']],
    [`function (a = "),(", b = \`x\${[1, \`\${2})\`].length},\`, c = '\\')') {}`, ['a=', 'b=', 'c=']],
    ['function (a = /[/)]\\/,/g, b = 4 / 2, c) {}', ['a=', 'b=', 'c']],
    ['function (a = { b: [1, 2], c() { return ")"; } }, d) {}', ['a=', 'd']],
    ['function (a = 1 == 2, b = 1 <= 2, c = (d) => d) {}', ['a=', 'b=', 'c=']],
    ['function ([a, b], $c, été) {}', ['argument1', '$c', 'été']],
    ['function ({ a, b }, c) {}', ['argument1', 'c']],
    [
      'function (a, { limit = 10, order: by, "sort-by": s = 1, ...more } = {}) {}',
      ['a', '{limit=}', '{order}', '{sort-by=}', '{...more}'],
    ],
    ['function ({ a: { b }, [1 + 1]: c, }) {}', ['{a}']],
    ['function (a, b,) {}', ['a', 'b']],
  ];
  for (const [source, expected] of cases) {
    test(`are read from ${source.replaceAll('\n', ' ')}`, () => {
      assert.deepEqual(shown(readSignature(written(source))), expected);
    });
  }

  test('are read from methods of any kind', () => {
    class Quotes {
      price(symbol: string, currency = 'USD') {
        return [symbol, currency];
      }
      async 'with(bracket'(a: number) {
        return a;
      }
      async *stream(from: number) {
        yield from;
      }
    }
    const { price, stream, 'with(bracket': computed } = Quotes.prototype;

    assert.deepEqual(shown(readSignature(price)), ['symbol', 'currency=']);
    assert.deepEqual(shown(readSignature(computed)), ['a']);
    assert.deepEqual(shown(readSignature(stream)), ['from']);
  });

  test('do not include what is injected', () => {
    const handler = written('function (a, injected, { b }) {}');

    assert.deepEqual(shown(readSignature(handler, (index) => index === 1)), ['a', '{b}']);
    assert.deepEqual(shown(readSignature(handler, (index, count) => index >= count - 2)), ['a']);
  });

  test('are unknown where there is no source to read', () => {
    assert.equal(readSignature((() => {}).bind(undefined)), undefined);
    assert.equal(readSignature(Math.max), undefined);
  });
});

describe('names that an author gives', () => {
  test('replace those of the source, and say what must be given', () => {
    const signature = readSignature(written('function (e, t = 1, n, { limit }) {}'));

    const named = nameParameters(signature, ['symbol', 'currency?']);

    assert.deepEqual(shown(named), ['symbol', 'currency=', 'n', '{limit}']);
    assert.deepEqual(
      named?.map(({ required }) => required),
      [true, false, false, false],
    );
  });

  test('stand for a source that cannot be read', () => {
    assert.deepEqual(shown(nameParameters(undefined, ['a', 'b?'])), ['a', 'b']);
    assert.equal(nameParameters(undefined, undefined), undefined);
  });
});
