import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { type TestContext, test } from 'node:test';
import { RpcClient } from '@micro-framework/websocket/client';
import { eventually } from '../support/eventually.js';
import { WorkModule } from './fixtures/work.js';
import { type ScriptedServer, scriptedServer } from './support/scripted-server.js';
import { serve } from './support/serve.js';
import { startWork } from './support/work-process.js';

// `npm run test:load` asks for all of the hundred thousand.
const calls = Number(process.env.LEAK_CALLS ?? 20_000);

test(`${calls} calls of all ends leave nothing behind`, async (t) => {
  const [{ url }, { url: fullUrl }] = [await startWork(t), await fullServer(t)];
  const idle = process.getActiveResourcesInfo().sort();
  const client = new RpcClient(url, { timeout: 60_000 });
  const full = new RpcClient(fullUrl, { timeout: 60_000 });
  const { signal } = new AbortController();
  const aborted = AbortSignal.abort(new Error('given up'));
  const codes = new Map<unknown, number>();
  const ended = async (call: Promise<unknown>): Promise<void> => {
    const end = await call.then(
      () => 'result',
      ({ code = '', message }: Error & { code?: string }) => (late.includes(code) ? 'late' : code || message),
    );
    codes.set(end, (codes.get(end) ?? 0) + 1);
  };
  const make = (index: number, midway: AbortController): Promise<void> => {
    switch (index % 10) {
      case 0:
        return ended(client.call('Work.nothing'));
      case 1:
        return ended(client.notify('Work.echo', [index]));
      case 2:
        return ended(client.call('Work.echo', [index], { signal: aborted }));
      case 3:
        return ended(client.call('Work.slow', [20], { timeout: 1, signal }));
      case 4:
        return ended(full.call('silent', [], { signal: midway.signal }));
      case 5:
        // Two tries of each are full.
        return ended(full.call('echo', [index], { signal }));
      case 6:
        return ended(full.call('never', [], { timeout: 30, signal }));
      default:
        return ended(client.call('Work.echo', [index], { signal }));
    }
  };

  for (let done = 0; done < calls; done += 1_000) {
    const midway = new AbortController();
    const all = Promise.all(Array.from({ length: 1_000 }, (_, index) => make(index, midway)));
    // Behind those that are not answered: they are on their way by now.
    await full.call('echo');
    midway.abort(new Error('changed my mind'));
    await all;
    assert.equal(getEventListeners(midway.signal, 'abort').length, 0);
  }

  const tenth = calls / 10;
  const { late: tooLate = 0, result = 0, ...others } = Object.fromEntries(codes) as Record<string, number>;
  assert.deepEqual(others, {
    RPC_UNKNOWN_TARGET: tenth,
    'given up': tenth,
    'changed my mind': tenth,
  });
  // Where the loop was blocked for longer than the slow ones take, a few of their answers are heard before the clock.
  assert.equal(tooLate + result, 7 * tenth);
  assert.ok(tooLate > 1.5 * tenth && result >= 5 * tenth, `${tooLate} late, ${result} answered`);
  assert.deepEqual([client.pending, full.pending], [0, 0]);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  await eventually(async () => assert.equal(await client.call('Work.running'), 0));
  await Promise.all([client.close(), full.close()]);
  await eventually(() => assert.deepEqual(process.getActiveResourcesInfo().sort(), idle));
});

// Where the time of a call was over, the code tells.
const late: readonly string[] = ['RPC_TIMED_OUT', 'RPC_BUSY', 'RPC_UNREACHABLE'];

/** A server that has room for a call at its third try, never for those of `never`, and does not answer those of `silent`. */
async function fullServer(t: TestContext): Promise<ScriptedServer> {
  const tries = new Map<number, number>();
  return scriptedServer(t, (text, socket) => {
    const { id, method } = JSON.parse(text) as { id: number; method: string };
    if (method === 'silent') return;
    const count = (tries.get(id) ?? 0) + 1;
    tries.set(id, count);
    const answer =
      method === 'never' || count < 3 ? { error: { code: -32_000, message: 'full' } } : { result: 1 };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  });
}

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
