import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dialectOf } from '@micro-framework/websocket/internal';
import { WorkModule } from './fixtures/work.js';
import { connectRaw } from './support/raw-client.js';
import { serve } from './support/serve.js';

describe('what a client speaks', () => {
  const cases: [text: string, dialect: string][] = [
    ['{"jsonrpc":"2.0","method":"x","id":1}', 'json-rpc'],
    ['{"jsonrpc":"2.0","method":"x","params":{"command":1}}', 'json-rpc'],
    ['{"jsonrpc":"2.0","command":"x"}', 'json-rpc'],
    ['[]', 'json-rpc'],
    ['{}', 'json-rpc'],
    ['1', 'json-rpc'],
    ['{"jsonrpc": "2.0", "method', 'json-rpc'],
    ['{"command":"x"}', 'seed'],
    ['{"command_args":[]}', 'seed'],
    ['{"command":"x","command_args":[NaN]}', 'seed'],
    ['{"__proto__":{"command":"x"}}', 'json-rpc'],
    ['what?', 'unclear'],
    ['', 'unclear'],
  ];
  for (const [text, dialect] of cases) {
    test(`shows in its first message: ${text || 'nothing'}`, () =>
      assert.equal(dialectOf('', text), dialect));
  }

  test('is what it asked for, whatever it sends', () => {
    assert.equal(dialectOf('ufw', '{"jsonrpc":"2.0"}'), 'seed');
    assert.equal(dialectOf('jsonrpc-2.0', '{"command":"x"}'), 'json-rpc');
    assert.equal(dialectOf('micro-framework.jsonrpc', 'what?'), 'json-rpc');
  });

  test('stays what it was in the first message that could tell', async (t) => {
    const { url } = await serve(t, WorkModule, { workerMode: 'inline' });
    const client = await connectRaw(t, url);

    const malformed = (await client.ask('what?')) as { exception: { exception: string } };
    const answer = await client.ask({ jsonrpc: '2.0', id: 1, method: 'Work.echo', params: [1] });
    const other = (await client.ask({ command: 'Work.echo', command_args: [1] })) as {
      error: { code: number };
    };

    assert.equal(malformed.exception.exception, 'RPCMalformedMessage');
    assert.deepEqual(answer, { jsonrpc: '2.0', result: 1, id: 1 });
    assert.equal(other.error.code, -32600);
  });

  test('is chosen among what it offers, and the rest is not for this server', async (t) => {
    const { url } = await serve(t, WorkModule, { workerMode: 'inline' });

    const client = await connectRaw(t, url, { protocols: ['wamp', 'ufw', 'jsonrpc-2.0'] });

    assert.equal(client.socket.protocol, 'jsonrpc-2.0');
    await assert.rejects(connectRaw(t, url, { protocols: ['wamp'] }), /no subprotocol/);
  });
});

describe('compression', () => {
  for (const compression of [false, true]) {
    test(`is ${compression ? 'there when it was asked for' : 'off unless asked for'}`, async (t) => {
      const { url } = await serve(t, WorkModule, { workerMode: 'inline', webSocket: { compression } });
      const client = await connectRaw(t, url, { perMessageDeflate: true });

      assert.equal(client.socket.extensions, compression ? 'permessage-deflate' : '');
      assert.deepEqual(
        await client.ask({ jsonrpc: '2.0', id: 1, method: 'Work.echo', params: ['x'.repeat(5_000)] }),
        {
          jsonrpc: '2.0',
          result: 'x'.repeat(5_000),
          id: 1,
        },
      );
    });
  }
});

test('stacks cross the wire only when they are asked for', async (t) => {
  const { url } = await serve(t, WorkModule, { workerMode: 'inline', webSocket: { stacks: true } });
  const client = await connectRaw(t, url);

  const { error } = (await client.ask({ jsonrpc: '2.0', id: 1, method: 'Failing.unknown' })) as {
    error: { data: { stack: string } };
  };

  assert.match(error.data.stack, /UnknownError: what was that\n.*failing\.js/);
  assert.doesNotMatch(JSON.stringify(error), /a secret of the database/);
});
