import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '@micro-framework/core';
import { json, openPeer, type Peer } from '../support/amqp-peer.js';
import { eventually } from '../support/eventually.js';
import { openVhost } from '../support/rabbitmq.js';
import type { Order, Seen } from './fixtures/orders-service.js';
import { collect, queueOf } from './orders.js';

const main = fileURLToPath(new URL('fixtures/orders-main.js', import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly peer: Peer;
  readonly queue: string;
  seen(): Seen[];
}

/** The orders service in a process of its own. */
async function startProcess(t: TestContext, settings: Record<string, string>): Promise<Running> {
  const { uri, unique } = await openVhost();
  const name = unique('orders');
  const peer = await openPeer(t, uri);
  const env = { ...process.env, AMQP_URI: uri, SERVICE_NAME: name, LOG_LEVEL: 'info', ...settings };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await eventually(() => assert.match(output, /service started/), 20_000);
  const heard = await collect(peer, `${name}.events`);
  return {
    child,
    peer,
    queue: queueOf(name, 'order', 'handle'),
    seen: () => heard.map((message) => json(message) as Seen),
  };
}

async function sendOrders({ peer, queue }: Running, count: number, ms: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const order: Order = { id: `o${n}`, does: 'wait', ms };
    await peer.send(queue, { body: order });
  }
}

for (const mode of ['thread', 'process']) {
  describe(`SIGTERM with handlers at work in ${mode}s`, () => {
    test('lets them end: all is acknowledged, nothing comes again, exit code 0', async (t) => {
      const service = await startProcess(t, { WORKER_MODE: mode, MAX_WORKERS: '3' });
      await sendOrders(service, 10, 800);
      await eventually(() => assert.equal(service.seen().length, 3));

      service.child.kill('SIGTERM');
      const [code] = await once(service.child, 'exit');

      assert.equal(code, 0);
      assert.equal(service.seen().length, 3);
      assert.equal(await service.peer.count(service.queue), 7);
    });

    test('hands back what has not ended at the deadline, and says so', async (t) => {
      const service = await startProcess(t, { WORKER_MODE: mode, MAX_WORKERS: '2', SHUTDOWN_TIMEOUT: '300' });
      await sendOrders(service, 5, 20_000);
      await eventually(() => assert.equal(service.seen().length, 2));

      service.child.kill('SIGTERM');
      const [code] = await once(service.child, 'exit');

      assert.equal(code, exitCodes.unfinished);
      assert.equal(await service.peer.count(service.queue), 5);
    });
  });
}
