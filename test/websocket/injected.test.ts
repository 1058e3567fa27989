import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallContext, Module, route, WebSocketRpc } from 'micro-framework';
import { connectRaw, type RawClient } from './support/raw-client.js';
import { serve } from './support/serve.js';

const injected = { inject: [CallContext] };
const isContext = (value: unknown): boolean => value instanceof CallContext;

function search(text: string, { limit = 10 } = {}, call?: CallContext): unknown {
  return [text, limit, isContext(call)];
}

function spread(text: string, ...more: unknown[]): unknown {
  return [text, more.map(isContext)];
}

function unread(text: string, call: CallContext): unknown {
  return [text, isContext(call)];
}

@Module({
  routes: [
    route(search, WebSocketRpc(), injected),
    route(spread, WebSocketRpc(), injected),
    route(unread.bind(undefined), WebSocketRpc({ name: 'unread' }), injected),
    route(unread.bind(undefined), WebSocketRpc({ name: 'named', params: ['text'] }), injected),
  ],
})
class InjectedModule {}

async function ask(client: RawClient, method: string, params: unknown): Promise<unknown> {
  const answer = await client.ask({ jsonrpc: '2.0', id: 1, method, params });
  const { result, error } = answer as { result: unknown; error?: { message: string } };
  return error?.message ?? result;
}

test('what a function has injected stands at its place, whatever its caller gives or leaves out', async (t) => {
  const { url } = await serve(t, InjectedModule, { workerMode: 'inline' });
  const client = await connectRaw(t, url, { protocols: ['jsonrpc-2.0'] });

  assert.deepEqual(await ask(client, 'search', ['a']), ['a', 10, true]);
  assert.deepEqual(await ask(client, 'search', ['a', { limit: 2 }]), ['a', 2, true]);
  assert.deepEqual(await ask(client, 'search', { limit: 3 }), [null, 3, true]);
  assert.match(String(await ask(client, 'search', ['a', {}, 'mine'])), /takes .* but 3 were given/);
  assert.deepEqual(await ask(client, 'spread', ['a']), ['a', [true]]);
});

test('nobody puts an argument there where the parameters cannot be read', async (t) => {
  const { url } = await serve(t, InjectedModule, { workerMode: 'inline' });
  const client = await connectRaw(t, url, { protocols: ['jsonrpc-2.0'] });

  assert.deepEqual(await ask(client, 'unread', ['a']), ['a', true]);
  assert.deepEqual(await ask(client, 'unread', []), [null, true]);
  assert.match(String(await ask(client, 'unread', ['a', 'mine'])), /takes 1 positional argument but 2 were/);
  assert.deepEqual(await ask(client, 'named', { text: 'a' }), ['a', true]);
  assert.match(String(await ask(client, 'named', ['a', 'mine'])), /takes 1 positional argument but 2 were/);
});
