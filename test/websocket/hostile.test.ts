import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WorkModule } from './fixtures/work.js';
import { connectRaw } from './support/raw-client.js';
import { serve } from './support/serve.js';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a name of a target that is none', () => {
  const arguments_: [what: string, args: string, type: string][] = [
    ['an object that cannot be text', '[{"toString":1}]', 'dict'],
    ['a list nested 20,000 deep', `[${nested(20_000)}]`, 'list'],
    ['a number', '[1]', 'int'],
    ['an object given by name', '[],"command_kwargs":{"target":{"toString":null}}', 'dict'],
  ];
  for (const [what, args, type] of arguments_) {
    test(`is answered as such, and the connection goes on: ${what}`, async (t) => {
      const { url } = await serve(t, WorkModule, { workerMode: 'inline' });
      const client = await connectRaw(t, url, { protocols: ['ufw'] });

      const answer = await client.ask(`{"command":"__get_target__","command_args":${args}}`);

      const message = `a target's name is a str, not ${type}`;
      assert.deepEqual(answer, {
        data: null,
        exception: { exception: 'TypeError', message, args: [message], kwargs: {}, module: null },
      });
      const next = await client.ask({ command: 'Work.echo', command_args: [1] });
      assert.deepEqual(next, { data: 1, exception: null });
    });
  }
});

for (const workerMode of ['thread', 'process'] as const) {
  test(`arguments that are nested too deep for a ${workerMode} are invalid, and the next call is answered`, async (t) => {
    const { url } = await serve(t, WorkModule, { workerMode });
    const client = await connectRaw(t, url, { protocols: ['jsonrpc-2.0'] });

    for (const argument of [nested(10_000), `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`]) {
      const answer = await client.ask(`{"jsonrpc":"2.0","id":1,"method":"Work.echo","params":[${argument}]}`);

      const { code, message } = (answer as { error: { code: number; message: string } }).error;
      assert.equal(code, -32602);
      assert.match(message, /^Work\.echo: .* cannot reach a worker: it is nested deeper than 500 levels\./);
      const next = await client.ask({ jsonrpc: '2.0', id: 2, method: 'Work.echo', params: [1] });
      assert.deepEqual(next, { jsonrpc: '2.0', result: 1, id: 2 });
    }
  });
}

test('an error with more than the main thread could write is told without it', async (t) => {
  const { url } = await serve(t, WorkModule);
  const client = await connectRaw(t, url, { protocols: ['jsonrpc-2.0'] });

  for (const depth of [3_000, 10_000]) {
    const { error } = (await client.ask({
      jsonrpc: '2.0',
      id: 1,
      method: 'Failing.deep',
      params: [depth],
    })) as { error: { code: number; message: string; data: { data: object } } };

    assert.deepEqual([error.code, error.message], [1, 'deep']);
    assert.deepEqual(Object.keys(error.data.data), ['callId']);
  }
});
