import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decode } from '@micro-framework/amqp/internal';
import { BadInputError } from '@micro-framework/core';
import fc from 'fast-check';

function input(body: string | Uint8Array, contentType?: string, contentEncoding?: string) {
  return {
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    contentType,
    contentEncoding,
  };
}

describe('a message body', () => {
  test('of any JSON comes back as what was sent', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(decode(input(JSON.stringify(value))), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('that came as text needs no type to be read', () => {
    assert.deepEqual(decode({ body: '{"a":[1]}' }), { a: [1] });
    assert.throws(() => decode({ body: '' }), BadInputError);
    assert.throws(() => decode({ body: '{"a":' }), BadInputError);
  });

  test('may be named JSON in the ways people name it', () => {
    for (const type of [
      'application/json',
      'Application/JSON; charset=utf-8',
      'application/vnd.shop+json',
      undefined,
    ]) {
      assert.deepEqual(decode(input('{"n":1}', type)), { n: 1 });
    }
    for (const encoding of ['utf-8', 'UTF-8', 'utf8', 'us-ascii', undefined]) {
      assert.deepEqual(decode(input('[1]', 'application/json', encoding)), [1]);
    }
  });

  const bad: [string, string | Uint8Array, string?, string?][] = [
    ['is empty', ''],
    ['is cut off', '{"n":'],
    ['has something after its end', '{} {}'],
    ['is not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['is of another type', '1', 'application/x-python-serialize'],
    ['is plain text', 'hello', 'text/plain'],
    ['is compressed', '1', 'application/json', 'gzip'],
    ['is in another character set', '1', 'application/json; charset=latin1'],
    ['is of an unknown encoding', '1', 'application/json', 'utf-16'],
  ];
  for (const [what, body, type, encoding] of bad) {
    test(`that ${what} is bad input`, () => {
      assert.throws(() => decode(input(body, type, encoding)), BadInputError);
    });
  }

  test('with __proto__ keys is data like any other', () => {
    const payload = decode(input('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'));

    assert.equal((payload as { admin?: unknown }).admin, undefined);
    assert.equal(({} as { admin?: unknown }).admin, undefined);
    assert.ok(Object.hasOwn(payload as object, '__proto__'));
  });
});

describe('a message of a Python service', () => {
  const typed = (type: string, value: unknown): unknown =>
    decode(input(JSON.stringify({ __type__: type, __value__: value })));

  test('holds moments: with a time zone, and without, which means UTC', () => {
    assert.deepEqual(
      typed('datetime', '2026-11-23T21:42:07.123456+05:30'),
      new Date('2026-11-23T16:12:07.123Z'),
    );
    assert.deepEqual(typed('datetime', '2026-11-23T21:42:07'), new Date('2026-11-23T21:42:07Z'));
  });

  test('holds days, times of day, decimals and ids, which stay text', () => {
    assert.equal(typed('date', '2024-02-29'), '2024-02-29');
    assert.equal(typed('time', '10:30:00.000001'), '10:30:00.000001');
    assert.equal(typed('decimal', '12345678901234567.89'), '12345678901234567.89');
    assert.equal(
      typed('uuid', { hex: 'C0FFEE00123440008000DEADBEEF0001', version: 4 }),
      'c0ffee00-1234-4000-8000-deadbeef0001',
    );
  });

  test('holds bytes', () => {
    assert.deepEqual(typed('bytes', 'hé'), new Uint8Array([0x68, 0xc3, 0xa9]));
    assert.deepEqual(typed('base64', '/wA='), new Uint8Array([0xff, 0]));
  });

  test('holds them at any depth, beside everything else', () => {
    const body = '{"orders": [{"at": {"__type__": "date", "__value__": "2024-02-29"}, "n": 1}], "x": null}';

    assert.deepEqual(decode(input(body)), { orders: [{ at: '2024-02-29', n: 1 }], x: null });
  });

  test('holds what cannot be read as it came: unknown types, impossible values, and more than the two keys', () => {
    const bodies = [
      { __type__: 'complex', __value__: '1+2j' },
      { __type__: 'datetime', __value__: 'yesterday' },
      { __type__: 'datetime', __value__: 7 },
      { __type__: 'uuid', __value__: null },
      { __type__: 'date', __value__: '2024-02-29', more: 1 },
      { __type__: 'toString', __value__: '' },
    ];

    for (const body of bodies) assert.deepEqual(decode(input(JSON.stringify(body))), body);
  });

  test('holds numbers that are none, and the same words in text', () => {
    const body = '{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN, \\"Infinity\\"", "Infinity": 1}';

    assert.deepEqual(decode(input(body)), {
      a: Number.NaN,
      b: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      c: 'NaN, "Infinity"',
      Infinity: 1,
    });
    assert.throws(() => decode(input('{"a": NaNa}')), BadInputError);
  });

  // Quickly: it holds up the worker, and all calls it has, for minutes if each quote is taken for a beginning.
  test('cannot be an endless text of quotes', () => {
    assert.throws(() => decode(input(`[NaN, "${'\\"x'.repeat(300_000)}`)), BadInputError);
  });

  test('beside a text of ten million characters', () => {
    const text = 'x'.repeat(10_000_000);

    assert.deepEqual(decode(input(`{"a": NaN, "b": "${text}"}`)), { a: Number.NaN, b: text });
  });
});

test('a handler that replaces JSON.parse reads no other messages', () => {
  const { parse } = JSON;
  JSON.parse = () => assert.fail('it was replaced');
  try {
    assert.deepEqual(decode(input('{"n":1}')), { n: 1 });
  } finally {
    JSON.parse = parse;
  }
});
