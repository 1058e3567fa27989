import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '@micro-framework/core';
import type { GetMessage } from 'amqplib';
import type { Order } from '../amqp/fixtures/orders-service.js';
import { collect, queueOf } from '../amqp/orders.js';
import { json, openPeer, type Peer } from '../support/amqp-peer.js';
import { brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import type { Vhost } from '../support/rabbitmq.js';
import { type ServiceProcess, startService } from '../support/service-process.js';

// Milliseconds. Handlers of 5 s, and deadlines of 10 s and of 2 s, under `npm run test:faults`.
const inTime = { handler: Number(process.env.FAULTS_HANDLER ?? 1_000), deadline: 10_000 };
const cutOff = {
  handler: Number(process.env.FAULTS_HANDLER ?? 20_000),
  deadline: Number(process.env.FAULTS_SHUTDOWN ?? 300),
};
const inFlight = 20;
const orders = 30;
const main = fileURLToPath(new URL('../amqp/fixtures/orders-main.js', import.meta.url));

interface Running extends ServiceProcess {
  readonly peer: Peer;
  readonly queue: string;
  /** The orders that were begun, once for each time that they were. */
  begun(): string[];
}

/** The orders service in a process of its own, with as many handlers at work as it takes. */
async function startAtWork(
  t: TestContext,
  { uri, unique }: Vhost,
  { mode, handler, deadline }: { readonly mode: string } & typeof inTime,
): Promise<Running> {
  const name = unique('orders');
  const peer = await openPeer(t, uri);
  const service = await startService(t, main, {
    AMQP_URI: uri,
    SERVICE_NAME: name,
    WORKER_MODE: mode,
    MAX_WORKERS: '2',
    TASKS_PER_WORKER: String(inFlight / 2),
    SHUTDOWN_TIMEOUT: String(deadline),
  });
  const heard = await collect(peer, `${name}.events`);
  const queue = queueOf(name, 'order', 'handle');
  const ordered = Array.from(
    { length: orders },
    (_, n): Order => ({ id: `o${n}`, does: 'wait', ms: handler }),
  );
  await Promise.all(ordered.map((order) => peer.send(queue, { body: order })));
  const begun = (): string[] => heard.map(idOf);
  await eventually(() => assert.ok(begun().length >= inFlight), 30_000);
  return { ...service, peer, queue, begun };
}

function idOf(message: Pick<GetMessage, 'content'>): string {
  return (json(message) as Order).id;
}

/** All that is in a queue. */
async function rest({ peer, queue }: Running): Promise<GetMessage[]> {
  const found: GetMessage[] = [];
  for (let next = await peer.get(queue); next; next = await peer.get(queue)) found.push(next);
  return found;
}

// They wait more than they work.
describe(`SIGTERM with ${inFlight} handlers at work`, { concurrency: 2 }, () => {
  for (const broker of brokers)
    for (const mode of ['thread', 'process']) {
      const where = `in ${mode === 'thread' ? 'threads' : 'processes'}, on ${broker.name}`;

      test(`${where}: they end, nothing comes again, exit code 0`, async (t) => {
        const service = await startAtWork(t, await broker.open(), { mode, ...inTime });

        service.child.kill('SIGTERM');
        assert.deepEqual(await service.ended, [0, null], service.log());

        const left = await rest(service);
        const begun = service.begun();
        assert.equal(new Set(begun).size, begun.length, 'each was begun once');
        assert.equal(left.length, orders - begun.length);
        assert.deepEqual(
          left.map(idOf).filter((id) => begun.includes(id)),
          [],
        );
      });

      test(`${where}: what has not ended at the deadline is handed back, and the exit code says so`, async (t) => {
        const service = await startAtWork(t, await broker.open(), { mode, ...cutOff });

        service.child.kill('SIGTERM');
        assert.deepEqual(await service.ended, [exitCodes.unfinished, null], service.log());

        const left = await rest(service);
        const begun = service.begun();
        const redelivered = left.filter(({ fields }) => fields.redelivered).map(idOf);
        t.diagnostic(`${begun.length} were begun, ${redelivered.length} of them come again`);
        assert.deepEqual(new Set(redelivered), new Set(begun));
        assert.equal(left.length, orders);
      });
    }
});
