import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { RpcClient } from '@micro-framework/websocket/client';
import { eventually } from '../support/eventually.js';
import { WorkModule } from './fixtures/work.js';
import { serve } from './support/serve.js';
import { startWork } from './support/work-process.js';

// `npm run test:load` asks for all of the hundred thousand.
const calls = Number(process.env.LEAK_CALLS ?? 20_000);

test(`${calls} calls of all ends leave nothing behind`, async (t) => {
  const server = await startWork(t);
  const idle = process.getActiveResourcesInfo().sort();
  const client = new RpcClient(server.url, { timeout: 60_000 });
  const { signal } = new AbortController();
  const aborted = AbortSignal.abort(new Error('given up'));
  const make = (index: number): Promise<unknown> => {
    switch (index % 10) {
      case 0:
        return client.call('Work.nothing').catch(() => {});
      case 1:
        return client.notify('Work.echo', [index]);
      case 2:
        return client.call('Work.echo', [index], { signal: aborted }).catch(() => {});
      case 3:
        return client.call('Work.slow', [20], { timeout: 1 }).catch(() => {});
      default:
        return client.call('Work.echo', [index], { signal });
    }
  };

  for (let done = 0; done < calls; done += 1_000) {
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => make(index)));
  }

  assert.equal(client.pending, 0);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  await eventually(async () => assert.equal(await client.call('Work.running'), 0));
  await client.close();
  await eventually(() => assert.deepEqual(process.getActiveResourcesInfo().sort(), idle));
});

test('connections that come and go leave nothing behind in the server', async (t) => {
  const { url, runner } = await serve(t, WorkModule, {
    workerMode: 'inline',
    webSocket: { limits: { maxConnections: 20 } },
  });

  for (let round = 0; round < 20; round++) {
    const clients = Array.from({ length: 20 }, () => new RpcClient(url));
    await Promise.all(clients.map((client) => client.call('Work.echo', [round])));
    await Promise.all(clients.map((client) => client.close()));
  }

  await runner.stop();
  const sockets = (): string[] => process.getActiveResourcesInfo().filter((resource) => /TCP/.test(resource));
  await eventually(() => assert.deepEqual(sockets(), []));
});
