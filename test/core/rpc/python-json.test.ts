import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePythonJson, stringifyPythonJson } from '@micro-framework/core/rpc';
import fc from 'fast-check';

test("Python's JSON is read and written with numbers that are none", () => {
  const text = '[NaN,Infinity,-Infinity,"NaN","a \\" Infinity",{"NaN":-1}]';

  const value = parsePythonJson(text);

  assert.deepEqual(value, [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    'NaN',
    'a " Infinity',
    { NaN: -1 },
  ]);
  assert.equal(stringifyPythonJson(value), text);
});

test('any other JSON is read and written as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(parsePythonJson(text), JSON.parse(text));
      assert.equal(stringifyPythonJson(value), text);
    }),
  );
});

// Each takes minutes, and holds up the main loop, if each quote is taken for a beginning.
test('a text of quotes that never ends is refused at a cost linear in its length', () => {
  for (const text of ['"', '[NaN, "', '[NaN, Infinity"'])
    for (const part of ['\\"', '\\"x', '"'])
      assert.throws(() => parsePythonJson(text + part.repeat(1024 * 1024)), SyntaxError);
});

test('a number that is none is read beside a text of ten million characters', () => {
  const text = 'x'.repeat(10_000_000);

  assert.deepEqual(parsePythonJson(`{"a": NaN, "b": "${text}"}`), { a: Number.NaN, b: text });
});

test('what is no JSON is refused', () => {
  for (const text of ['', 'nan', '[NaN', '"NaN', 'NaNs', '[Infinity-]'])
    assert.throws(() => parsePythonJson(text), SyntaxError);
  assert.equal(stringifyPythonJson(undefined), undefined);
});
