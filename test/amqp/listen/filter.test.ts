import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { EventListener } from '@micro-framework/amqp';
import type { CallInfo } from '@micro-framework/core';

const call: CallInfo = { id: 'a.b.c', callIdStack: ['a.b.c'], route: '0/0/b', attempt: 1 };

function receiveWith(filter: (payload: unknown) => boolean): () => unknown {
  const { definition, options } = EventListener('shop', 'order', { filter }).entrypoint;
  const input = { body: Buffer.from('{}'), contentType: 'application/json', contentEncoding: 'utf-8' };
  return () => definition.receive(input, options, call);
}

test('a filter that returns a promise is an error of its own call only, also when the promise rejects', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => {
    unhandled.push(reason);
  };
  process.on('unhandledRejection', note);
  const rejecting = async (): Promise<boolean> => {
    throw new Error('the database is down');
  };

  assert.throws(receiveWith(rejecting as never), /the filter returned a promise/);

  // A rejection that nobody handles is told at the end of the turn.
  await setImmediate();
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
});

test('a filter that throws fails the call with its own error', () => {
  const throwing = (): boolean => {
    throw new RangeError('no such key');
  };

  assert.throws(receiveWith(throwing), RangeError);
});
