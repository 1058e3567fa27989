import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCallIdStack } from '@micro-framework/core/rpc';

test('ids of calls from outside are bounded in number and length, and others than texts are left out', () => {
  const many = Array.from({ length: 5_000 }, (_, n) => `call-${n}`);

  assert.deepEqual(readCallIdStack(many), many.slice(-11));
  assert.deepEqual(readCallIdStack(['a', 7, null, 'x'.repeat(501), 'b']), ['a', 'b']);
  assert.deepEqual(readCallIdStack('call-1'), []);
});
