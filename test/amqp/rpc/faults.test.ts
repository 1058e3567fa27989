import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  AmqpRpc,
  AmqpRpcClient,
  Module,
  RpcConnectionLostError,
  type RpcService,
  RpcTimeoutError,
  Service,
} from 'micro-framework';
import { openPeer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { openVhost } from '../../support/rabbitmq.js';
import { restartableBrokers } from '../../support/restartable-broker.js';
import { tap } from '../../support/wire-tap.js';
import { type Counted, CountedModule } from './fixtures/counted.js';
import { serve } from './support/serve.js';

const counted = AmqpRpcClient.of<Counted>('counted', { service: 'Counted', timeout: 20_000 });
const patient = AmqpRpcClient.of<Counted>('counted', {
  service: 'Counted',
  timeout: 60_000,
  idempotent: true,
});

@Service()
class Idle {
  @AmqpRpc()
  idle(): void {}
}

@Module({ services: [Idle], providers: [counted, patient] })
class CallerModule {}

interface Caller {
  readonly once: RpcService<Counted>;
  /** Calls that do no harm when they run twice. */
  readonly again: RpcService<Counted>;
  pending(): unknown;
}

async function callCounted(t: TestContext, amqpUri: string): Promise<Caller> {
  const settings = { amqpUri, serviceName: 'caller', workerMode: 'inline' } as const;
  const runner = await serve(t, CallerModule, settings);
  return {
    once: runner.get(counted),
    again: runner.get(patient),
    pending: () => runner.health().parts.find(({ name }) => name === 'AMQP callers')?.details.pending,
  };
}

for (const [name, startBroker] of Object.entries(restartableBrokers)) {
  test(`${name} restarted in mid-call: the caller is told, and both sides work again`, async (t) => {
    const broker = await startBroker(t);
    const file = logFile(t);
    const settings = { amqpUri: broker.uri, workerMode: 'inline', tasksPerWorker: 4 } as const;
    await serve(t, CountedModule, { ...settings, serviceName: 'counted' });
    const caller = await callCounted(t, broker.uri);
    const lost = assert.rejects(caller.once.run(file, 3_000), RpcConnectionLostError);
    const kept = caller.again.run(file, 3_000);
    kept.catch(() => {});
    await eventually(() => assert.equal(runs(file), 2));

    await broker.halt('kill');
    await lost;
    await broker.start();

    assert.equal(await kept, 'done');
    assert.equal(await caller.again.run(file, 0), 'done');
    assert.equal(caller.pending(), 0);
  });
}

describe('a server that dies in mid-call', () => {
  test('leaves its caller with a timeout where there is no other', async (t) => {
    const { uri } = await openVhost();
    const file = logFile(t);
    const server = await serverProcess(t, uri);
    const caller = await callCounted(t, uri);
    const call = assert.rejects(caller.once.run.call([file, 60_000], { timeout: 3_000 }), RpcTimeoutError);
    await eventually(() => assert.equal(runs(file), 1));

    server.kill('SIGKILL');

    await call;
    assert.equal(caller.pending(), 0);
  });

  test('is told of by the next one, which runs again only what does no harm', async (t) => {
    const { uri } = await openVhost();
    const [file, another] = [logFile(t), logFile(t)];
    const server = await serverProcess(t, uri);
    const caller = await callCounted(t, uri);
    const lost = assert.rejects(caller.once.run(file, 500), RpcConnectionLostError);
    const kept = caller.again.run(another, 500);
    await eventually(() => assert.deepEqual([runs(file), runs(another)], [1, 1]));

    server.kill('SIGKILL');
    await serverProcess(t, uri);
    await lost;

    assert.equal(await kept, 'done');
    assert.deepEqual([runs(file), runs(another)], [1, 2]);
    assert.equal(caller.pending(), 0);
  });
});

test('a service that stops lets its calls end; others wait for the next one', async (t) => {
  const { uri } = await openVhost();
  const file = logFile(t);
  const settings = {
    amqpUri: uri,
    serviceName: 'counted',
    workerMode: 'inline',
    shutdownTimeout: 10_000,
  } as const;
  const first = await serve(t, CountedModule, settings);
  const caller = await callCounted(t, uri);
  const running = caller.once.run(file, 500);
  await eventually(() => assert.equal(runs(file), 1));

  const stopped = first.stop();
  const waiting = caller.once.run(file, 0);
  assert.equal(await running, 'done');
  await stopped;
  await serve(t, CountedModule, settings);

  assert.equal(await waiting, 'done');
  assert.equal(runs(file), 2);
});

test('an answer that is lost costs its caller no more than its time', async (t) => {
  const { uri } = await openVhost();
  const caller = await callCounted(t, uri);
  const peer = await openPeer(t, uri);
  await peer.channel.assertQueue('mf-rpc.counted.Counted.run', { arguments: { 'x-expires': 300_000 } });
  const call = assert.rejects(caller.once.run.call(['', 0], { timeout: 1_000 }), RpcTimeoutError);

  const { properties } = await peer.take('mf-rpc.counted.Counted.run');
  await call;
  await peer.send(properties.replyTo, {
    body: '{"result":"late"}',
    correlationId: properties.correlationId,
    persistent: false,
  });

  const next = caller.once.run('', 0);
  const { properties: asked } = await peer.take('mf-rpc.counted.Counted.run');
  await peer.send(asked.replyTo, {
    body: '{"result":"in time"}',
    correlationId: asked.correlationId,
    persistent: false,
  });
  assert.equal(await next, 'in time');
  assert.equal(caller.pending(), 0);
});

test('a line that is cut ends the calls that were on it, and the next are made on another', async (t) => {
  const { uri } = await openVhost();
  const line = await tap(t, uri);
  const file = logFile(t);
  await serve(t, CountedModule, { amqpUri: uri, serviceName: 'counted', workerMode: 'inline' });
  const caller = await callCounted(t, line.uri);
  const lost = assert.rejects(caller.once.run(file, 300), RpcConnectionLostError);
  await eventually(() => assert.equal(runs(file), 1));

  line.cut();
  await lost;
  const waiting = caller.once.run(file, 0);
  line.mend();

  assert.equal(await waiting, 'done');
  assert.equal(caller.pending(), 0);
});

async function serverProcess(t: TestContext, uri: string): Promise<{ kill(signal: 'SIGKILL'): void }> {
  const main = fileURLToPath(new URL('./fixtures/counted.js', import.meta.url));
  const child = fork(main, [uri], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

function logFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mf-rpc-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'runs');
}

function runs(file: string): number {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').length;
  } catch {
    return 0;
  }
}
