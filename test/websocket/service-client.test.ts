import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RpcService, WebSocketRpcClient } from 'micro-framework';
import { workerModes } from '../core/support/worker-modes.js';
import { eventually } from '../support/eventually.js';
import { type Work, WorkModule } from './fixtures/work.js';
import { clientOf } from './support/client.js';
import { type Served, serve } from './support/serve.js';
import { startWork, type WorkProcess } from './support/work-process.js';

const closers: (() => unknown)[] = [];
const untilTheEnd = { after: (close: () => unknown) => closers.push(close) };
let peer: Served;
/** In a process of its own, to be killed. */
let mortal: WorkProcess;
let connections = 0;

before(async () => {
  peer = await serve(untilTheEnd, WorkModule, {
    workerMode: 'inline',
    serviceName: 'peer',
    webSocket: { authenticate: () => ++connections },
  });
  process.env.TEST_PEER_PORT = String(peer.port);
  mortal = await startWork(untilTheEnd);
  process.env.TEST_MORTAL_PORT = String(mortal.port);
});

after(async () => {
  for (const close of closers.reverse()) await close();
});

for (const workerMode of workerModes) {
  describe(`a service that calls another, in ${workerMode} mode`, () => {
    let served: Served;
    const call = (method: string, ...args: unknown[]): Promise<unknown> =>
      clientOf(untilTheEnd, served.url).call(`Callers.${method}`, args);

    before(async () => {
      const { CallersModule } = await import('./fixtures/callers.js');
      connections = 0;
      served = await serve(untilTheEnd, CallersModule, {
        workerMode,
        maxWorkers: 2,
        tasksPerWorker: 10,
        serviceName: 'caller',
      });
    });

    after(() => served.runner.stop());

    test('does so over one connection, whichever worker calls', async () => {
      const values = Array.from({ length: 50 }, (_, index) => ({ index }));

      const answers = await Promise.all(values.map((value) => call('echo', value)));

      assert.deepEqual(answers, values);
      assert.equal(connections, 1);
    });

    test('passes on its call chain and the time it has left', async () => {
      const client = clientOf(untilTheEnd, served.url);

      const [id, peers] = (await client.call('Callers.chain', [], {
        timeout: 5_000,
        callIdStack: ['root'],
      })) as [string, { stack: string[]; left: number }];

      assert.equal(peers.stack.length, 3);
      assert.deepEqual(peers.stack.slice(0, 2), ['root', id]);
      assert.match(peers.stack[2] ?? '', /^peer\.Work\.chain\./);
      assert.ok(peers.left > 0 && peers.left <= 5_000, String(peers.left));
    });

    test('is told in time that no answer came, and gives up by a signal', async () => {
      await assert.rejects(call('slow', 60_000, 100), { name: 'RpcTimeoutError', code: 'RPC_TIMED_OUT' });
      assert.equal(await call('aborted'), 'TimeoutError');
    });

    test('notifies, and knows what the other side offers', async () => {
      assert.deepEqual(await call('told'), [true, ['value']]);
    });

    test('gets the class of an error back that it registered, and no other', async () => {
      assert.deepEqual(await call('failing', 'known'), {
        name: 'SoldOutError',
        message: 'sold out',
        left: 0,
        made: 'SoldOut',
        known: true,
      });
      assert.deepEqual(await call('failing', 'unknown'), {
        name: 'UnknownError',
        message: 'what was that',
        code: 'UNKNOWN',
        made: 'RemoteError',
        known: false,
      });
      assert.deepEqual(await call('failing', 'hostile'), {
        name: 'Function',
        message: 'boo',
        code: 'BAD_CONFIG',
        made: 'RemoteError',
        known: false,
      });
    });

    test('calls from outside of handlers, too, and tells how its connections are', async () => {
      const rpc = served.runner.get(WebSocketRpcClient.at('127.0.0.1', peer.port)) as RpcService<Work>;

      assert.equal(await rpc.echo('from outside'), 'from outside');

      const { parts } = served.runner.health();
      const [server, clients] = ['WebSocket server', 'WebSocket clients'].map((name) =>
        parts.find((part) => part.name === name),
      );
      assert.deepEqual([server?.status, server?.details.port, clients?.status], ['up', served.port, 'up']);
      const connected = clients?.details.connections as readonly { readonly state: string }[];
      assert.deepEqual(
        connected.filter(({ state }) => state === 'open'),
        [{ url: `${peer.url}/`, state: 'open', pending: 0 }],
      );
    });

    test('is told when the other one is killed in mid-call, and what may run twice is sent to the next', async () => {
      const watcher = clientOf(untilTheEnd, mortal.url);
      const lost = call('bereft', 60_000, false);
      const kept = call('bereft', 500, true);
      await eventually(async () => assert.equal(await watcher.call('Work.running'), 2));

      await mortal.kill('SIGKILL');
      const told = (await lost) as { code: string; message: string; known: boolean };
      mortal = await startWork(untilTheEnd, mortal.port);

      assert.equal(await kept, 500);
      assert.deepEqual([told.code, told.known], ['RPC_CONNECTION_LOST', true]);
      assert.match(told.message, /the connection was lost before Work\.slow was answered: closed with 1006/);
      assert.equal(await call('bereft', 0, false), 0);
    });

    test('is told at once what cannot be sent', async () => {
      assert.deepEqual(await call('refused'), ['RPC_UNSENDABLE', null]);
    });
  });
}
