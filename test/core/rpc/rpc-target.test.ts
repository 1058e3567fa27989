import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ending } from '@micro-framework/core';
import { type RpcRequest, RpcTarget, type TargetOptions } from '@micro-framework/core/rpc';
import { fakeContext } from '../../support/fake-context.js';

const failed: Ending = {
  kind: 'retry',
  delay: 600_000,
  attempt: 2,
  error: { name: 'Error', message: 'failed' },
  call: '1',
};

/** A target whose calls all fail, and are tried again in ten minutes. */
function failing(maxQueue: number): { readonly target: RpcTarget; tries(): number } {
  const context = fakeContext<TargetOptions>({ options: {}, config: { maxQueue }, dispatch: () => failed });
  return {
    target: new RpcTarget({ context, name: 'Quotes.price', stacks: false }),
    tries: () => context.requests.length,
  };
}

function request(gone?: AbortSignal): RpcRequest {
  const given = { positional: [], named: {}, timeout: undefined, callIdStack: [], json: 'plain' } as const;
  return { ...given, ...(gone && { gone }) };
}

describe('a call that is to be tried again', () => {
  test('waits for that no longer than its caller is there', { timeout: 30_000 }, async () => {
    const { target, tries } = failing(1_000);
    const caller = new AbortController();

    const answer = target.call(request(caller.signal));
    await Promise.resolve();
    caller.abort();

    assert.equal((await answer).kind, 'error');
    assert.equal(tries(), 1);
  });

  test('is not when its caller has gone already, nor begun', async () => {
    const { target, tries } = failing(1_000);

    assert.equal((await target.call(request(AbortSignal.abort()))).kind, 'error');

    assert.equal(tries(), 0);
  });

  test('is answered with its error where as many wait as may wait for a worker', async (t) => {
    const { target, tries } = failing(20);
    t.after(() => target.stop());

    const answers = Array.from({ length: 21 }, () => target.call(request()));
    const answer = await Promise.race(answers);

    assert.equal(answer.kind === 'error' && answer.failure, 'failed');
    assert.equal(tries(), 21);
  });
});
