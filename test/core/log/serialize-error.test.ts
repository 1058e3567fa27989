import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TaskTimedOutError, toWireError, WorkerCrashedError } from '@micro-framework/core';
import { serializeError } from '@micro-framework/core/internal';

class Floating extends Error {}

describe('an error in a log line', () => {
  test('that came from a worker shows its class, its fields and its stack', () => {
    const thrown = Object.assign(new RangeError('too far', { cause: new Floating('deep') }), { metres: 7 });
    thrown.name = 'TooFar';

    const shown = serializeError(toWireError(thrown)) as Record<string, unknown>;

    const { stack, cause, ...rest } = shown;
    assert.deepEqual(rest, { type: 'TooFar', message: 'too far', metres: 7 });
    assert.equal(stack, thrown.stack);
    assert.equal((cause as { message?: string }).message, 'deep');
  });

  test('says its own message once, and that of its cause in the cause', () => {
    const error = new Floating('the call failed', { cause: new TypeError('floating') });

    const { type, message, cause } = serializeError(error) as Record<string, unknown>;

    assert.deepEqual([type, message], ['Floating', 'the call failed']);
    assert.equal((cause as { type?: string }).type, 'TypeError');
    assert.equal((cause as { message?: string }).message, 'floating');
  });

  for (const error of [
    new WorkerCrashedError('the worker died', { cause: new Error('floating') }),
    new TaskTimedOutError('it took too long', { cause: new Error('floating') }),
  ]) {
    test(`of ${error.code} has the stack of its cause alone: its own leads nowhere`, () => {
      for (const value of [error, toWireError(error)]) {
        const { code, stack, cause } = serializeError(value) as Record<string, unknown>;

        assert.equal(code, error.code);
        assert.equal(stack, undefined);
        assert.match((cause as { stack: string }).stack, /serialize-error\.test/);
      }
    });
  }

  test('that is several shows all of them', () => {
    const error = new AggregateError([new Error('one'), 'two'], 'both');

    const { aggregateErrors } = serializeError(error) as { aggregateErrors: [{ message: string }, string] };

    assert.equal(aggregateErrors[0].message, 'one');
    assert.equal(aggregateErrors[1], 'two');
  });

  test('that is none stays what it is', () => {
    for (const value of ['text', undefined, null, { name: 'no error' }, 7]) {
      assert.equal(serializeError(value), value);
    }
  });
});
