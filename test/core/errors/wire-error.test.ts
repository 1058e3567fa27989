import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BadInputError,
  FrameworkError,
  fromWireError,
  knownError,
  knownErrors,
  RemoteError,
  toWireError,
  type WireError,
} from '@micro-framework/core';
import fc from 'fast-check';

@knownError('TEST_OUT_OF_STOCK')
class OutOfStockError extends FrameworkError {
  article = '';
}

describe('an error as data', () => {
  test('a known error comes back as its class, with name, code, fields, cause and stack', () => {
    const cause = Object.assign(new TypeError('no such row'), { code: 'ENOROW' });
    const thrown = Object.assign(new OutOfStockError('article 7 is sold out', { cause }), { article: '7' });

    const back = fromWireError(structuredClone(toWireError(thrown)));

    assert.ok(back instanceof OutOfStockError);
    assert.equal(back.name, 'OutOfStockError');
    assert.equal(back.code, 'TEST_OUT_OF_STOCK');
    assert.equal(back.article, '7');
    assert.equal(back.stack, thrown.stack);
    const cameFrom = back.cause as RemoteError;
    assert.equal(cameFrom.name, 'TypeError');
    assert.equal(cameFrom.code, 'ENOROW');
  });

  test('every error class of the framework comes back by its code', () => {
    for (const [code, Known] of knownErrors()) {
      const back = fromWireError(
        JSON.parse(JSON.stringify(toWireError(new Known('went wrong')))) as WireError,
      );

      assert.ok(back instanceof Known, code);
      assert.equal((back as FrameworkError).code, code);
      assert.equal(back.name, Known.name);
    }
  });

  test('an unknown error comes back as a RemoteError that looks like it', () => {
    class StockError extends Error {
      override readonly name = 'StockError';
      readonly article = '7';
    }

    const back = fromWireError(toWireError(new StockError('sold out'))) as RemoteError & StockError;

    assert.ok(back instanceof RemoteError);
    assert.equal(back.name, 'StockError');
    assert.equal(back.message, 'sold out');
    assert.equal(back.article, '7');
  });

  test('an error whose class sets no name is known by that of its declaration, where a bundler left it one', () => {
    class BankAway extends Error {}
    class e extends Error {}
    class Renamed extends Error {
      override name = 'Error';
    }
    class Typed extends TypeError {}

    const names = [BankAway, e, Renamed, Typed, Error].map((Thrown) => toWireError(new Thrown('no')).name);

    assert.deepEqual(names, ['BankAway', 'Error', 'Error', 'TypeError', 'Error']);
  });

  test('what JSON can hold survives the way there and back', () => {
    const plain = fc.dictionary(
      fc.string().filter((key) => !['name', 'message', 'stack', 'cause', 'code'].includes(key)),
      fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.option(fc.string()), plain, (message, name, code, data) => {
        const error = new Error(message);
        error.name = name;
        if (code !== null) Object.assign(error, { code });
        for (const [key, value] of Object.entries(data)) {
          Object.defineProperty(error, key, { value, enumerable: true });
        }

        const wire = toWireError(error);
        const back = fromWireError(JSON.parse(JSON.stringify(wire)) as WireError);

        assert.deepEqual(toWireError(back), wire);
        assert.equal(back.message, message);
        assert.equal(back.name, name);
        assert.deepEqual({ ...wire.data }, { ...data });
      }),
    );
  });

  test('whatever is thrown becomes data that can be cloned and written as JSON', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withSparseArray: true, withNullPrototype: true }),
        (thrown) => {
          const wire = toWireError(thrown);

          assert.equal(typeof wire.message, 'string');
          assert.deepEqual(structuredClone(wire), wire);
          assert.deepEqual(JSON.parse(JSON.stringify(wire)), wire);
        },
      ),
    );
  });

  test('something thrown that is no error says what it was', () => {
    assert.deepEqual(toWireError(undefined), {
      name: 'NonError',
      message: 'undefined was thrown, which is not an Error',
    });
    assert.match(toWireError({ status: 503 }).message, /^\{ status: 503 \} was thrown/);
    assert.match(toWireError('boom').message, /^'boom' was thrown/);
  });

  test('fields that are no plain data stay home, the others come along', () => {
    const error = Object.assign(new Error('broken'), {
      kept: { deep: [1, 'two'] },
      when: new Date(0),
      errno: 104,
      callback: () => {},
      nested: { callback: () => {}, kept: true },
      big: 10n,
      huge: 'x'.repeat(100_000),
    });
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    Object.assign(error, { cyclic });
    Object.defineProperty(error, 'trap', {
      enumerable: true,
      get() {
        throw new Error('trapped');
      },
    });

    const wire = toWireError(error);

    assert.deepEqual(wire.data, {
      kept: { deep: [1, 'two'] },
      when: '1970-01-01T00:00:00.000Z',
      errno: 104,
      nested: { kept: true },
    });
    assert.deepEqual(structuredClone(wire), wire);
  });

  test('a numeric code is kept as a field', () => {
    const back = fromWireError(toWireError(Object.assign(new Error('unavailable'), { code: 14 })));

    assert.equal((back as unknown as { code: number }).code, 14);
  });

  test('an error that throws when it is read becomes data all the same', () => {
    const error = new Error('hidden');
    Object.defineProperty(error, 'message', {
      get() {
        throw new Error('no');
      },
    });
    const { proxy, revoke } = Proxy.revocable(new Error('gone'), {});
    revoke();

    for (const thrown of [error, proxy]) {
      assert.deepEqual(toWireError(thrown), {
        name: 'NonError',
        message: 'something was thrown that cannot be read',
      });
    }
  });

  test('a long message and stack are clipped, a long chain of causes ends', () => {
    const long = new Error('x'.repeat(1_000_000));
    let chain = new Error('the first');
    for (let link = 0; link < 1_000; link++) chain = new Error(`link ${link}`, { cause: chain });

    assert.ok(JSON.stringify(toWireError(long)).length < 200_000);
    assert.ok(causes(toWireError(chain)) <= 6);
  });

  test('an error that is its own cause ends', () => {
    const error = new Error('round');
    error.cause = error;

    assert.ok(causes(toWireError(error)) <= 6);
  });

  test('hostile data reaches no prototype and replaces no standard field', () => {
    const wire = JSON.parse(
      '{"name":"E","message":"m","data":{"__proto__":{"polluted":1},"constructor":2,"message":"fake","stack":"fake"}}',
    ) as WireError;

    const back = fromWireError(wire);

    assert.ok(back instanceof RemoteError);
    assert.equal(Object.getPrototypeOf(back), RemoteError.prototype);
    assert.equal((back as unknown as { polluted?: number }).polluted, undefined);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
    assert.equal(back.message, 'm');
    assert.notEqual(back.stack, 'fake');
  });

  test('hostile causes do not overflow the stack', () => {
    let wire: WireError = { name: 'E', message: 'last' };
    for (let link = 0; link < 100_000; link++) wire = { name: 'E', message: 'm', cause: wire };

    assert.ok(fromWireError(wire).cause instanceof Error);
  });

  test('a code of the other side that is no class here makes no difference but the code', () => {
    const back = fromWireError({ name: 'E', message: 'm', code: '__proto__' });

    assert.ok(back instanceof RemoteError);
    assert.equal(back.code, '__proto__');
  });
});

describe('an error of the framework', () => {
  test('has its code as an own-looking field, and its class name', () => {
    const error = new BadInputError('not JSON', { cause: new SyntaxError('at 3') });

    assert.equal(error.code, 'BAD_INPUT');
    assert.equal(error.name, 'BadInputError');
    assert.match(String(error.stack), /BadInputError: not JSON/);
    assert.ok(error.cause instanceof SyntaxError);
  });
});

function causes(wire: WireError): number {
  let count = 1;
  for (let at = wire.cause; at; at = at.cause) count++;
  return count;
}
