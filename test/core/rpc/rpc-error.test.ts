import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RemoteError, RpcError, reviveError } from '@micro-framework/core/rpc';

@RpcError()
class SoldOutError extends Error {
  declare readonly left: number;

  constructor() {
    super();
    throw new Error('the constructor must not run');
  }
}

describe('an error that came over the wire', () => {
  test('is of the class that is registered by its name, with what came and nothing else', () => {
    const error = reviveError({
      name: 'SoldOutError',
      message: 'no pens',
      code: 'SOLD_OUT',
      data: { left: 0 },
    });

    assert.ok(error instanceof SoldOutError);
    assert.deepEqual(
      { ...error, message: error.message, name: error.name },
      {
        message: 'no pens',
        name: 'SoldOutError',
        code: 'SOLD_OUT',
        left: 0,
      },
    );
    assert.match(String(error.stack), /rpc-error\.test/);
  });

  for (const name of ['TypeError', 'Function', 'process', '__proto__', 'constructor', 'FrameworkError', '']) {
    test(`is a RemoteError where nobody registered '${name}', whatever that is here`, () => {
      const error = reviveError({ name, message: 'boo', code: 'BAD_CONFIG' });

      assert.equal(Object.getPrototypeOf(error), RemoteError.prototype);
      assert.deepEqual([error.name, error.message, (error as RemoteError).code], [name, 'boo', 'BAD_CONFIG']);
    });
  }

  test('keeps the stack that came, if one came', () => {
    assert.equal(reviveError({ name: 'Error', message: 'boo', stack: 'over there' }).stack, 'over there');
  });
});

describe('a class of errors', () => {
  test('has its name on the wire, whatever its constructor made of it', () => {
    @RpcError('OutOfReach')
    class A1 extends Error {}

    assert.equal(new A1().name, 'OutOfReach');
    assert.equal(String(new A1('far')), 'OutOfReach: far');
  });

  test('cannot be registered under a name that another has, nor under a minifier’s', () => {
    assert.throws(
      () => RpcError('SoldOutError')(class extends Error {}),
      /two classes are registered as SoldOutError/,
    );
    const e = class extends Error {};
    assert.throws(() => RpcError()(e), /the name is as short as a minifier's/);
    RpcError('SoldOutError')(SoldOutError);
  });
});
