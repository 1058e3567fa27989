import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSource } from '../support/sources.js';
import { WorkModule } from './fixtures/work.js';
import { clientOf } from './support/client.js';
import { serve } from './support/serve.js';

const folder = 'test/websocket/fixtures/tls';
const [key, cert] = [readSource(`${folder}/key.pem`), readSource(`${folder}/cert.pem`)];

test('calls over TLS are answered to those who trust the server', async (t) => {
  const { port } = await serve(t, WorkModule, { workerMode: 'inline', webSocket: { tls: { key, cert } } });
  const url = `wss://127.0.0.1:${port}`;

  assert.equal(await clientOf(t, url, { ca: cert }).call('Work.echo', ['safe']), 'safe');
  await assert.rejects(clientOf(t, url, { timeout: 500 }).call('Work.echo', [1]), {
    code: 'RPC_UNREACHABLE',
    message: /self-signed certificate/,
  });
  await assert.rejects(clientOf(t, `ws://127.0.0.1:${port}`, { timeout: 500 }).call('Work.echo', [1]), {
    code: 'RPC_UNREACHABLE',
  });
});
