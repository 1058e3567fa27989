import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBroker } from '@micro-framework/broker';
import type { Order, Seen } from '../amqp/fixtures/orders-service.js';
import { queueOf } from '../amqp/orders.js';
import { json, openPeer, type Peer } from '../support/amqp-peer.js';
import { dataFolder } from '../support/broker-process.js';
import { eventually } from '../support/eventually.js';
import { startService } from '../support/service-process.js';

const main = fileURLToPath(new URL('../amqp/fixtures/orders-main.js', import.meta.url));
const queue = queueOf('orders', 'order', 'handle');
const orders = 60;
const patience = 60_000;

for (const [how, signal] of [
  ['is killed', 'SIGKILL'],
  ['stops', 'SIGTERM'],
] as const) {
  test(`when the service that hosts the broker ${how}, the other one takes over and nothing is lost`, async (t) => {
    const folder = dataFolder();
    const settings = { AMQP_URI: folder.storage, SERVICE_NAME: 'orders', MAX_WORKERS: '2' };
    const first = await startService(t, main, settings);
    const second = await startService(t, main, settings);
    assert.equal(hostOf(folder.path), first.child.pid);
    const before = await joinAsPeer(t, folder.storage);
    await before.channel.assertQueue('heard', { durable: true });
    await before.channel.bindQueue('heard', 'orders.events', 'seen');
    for (let n = 0; n < orders; n++) {
      const order: Order = { id: `o${n}`, does: n % 10 === 0 ? 'fail-twice' : 'wait', ms: 100 };
      await before.send(queue, { body: order });
    }
    // Some are done, some are in the handlers of both, some wait for their second attempt.
    await eventually(async () => assert.ok((await before.count('heard')) > 10), patience);

    first.child.kill(signal);
    await first.ended;
    await eventually(() => assert.equal(hostOf(folder.path), second.child.pid), patience);

    const after = await joinAsPeer(t, folder.storage);
    const heard = new Set<string>();
    await after.channel.consume('heard', (message) => {
      if (!message) return;
      const { id, attempt } = json(message) as Seen;
      heard.add(`${id}, attempt ${attempt}`);
      after.channel.ack(message);
    });
    const expected = Array.from({ length: orders }, (_, n) => `o${n}, attempt ${n % 10 === 0 ? 3 : 1}`);
    await eventually(() => {
      assert.deepEqual(
        expected.filter((attempt) => !heard.has(attempt)),
        [],
        second.log(),
      );
    }, patience);
    second.child.kill('SIGTERM');
    assert.deepEqual(await second.ended, [0, null], second.log());
  });
}

/** The process that says in the folder that it hosts. */
function hostOf(folder: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'host.json'), 'utf8')) as { pid: number }).pid;
  } catch {
    return undefined; // between two hosts there is none
  }
}

async function joinAsPeer(t: TestContext, storage: string): Promise<Peer> {
  const broker = openBroker(storage);
  t.after(() => broker.close());
  const { url, hosting } = await broker.locate();
  assert.equal(hosting, false);
  const peer = await openPeer(t, url);
  peer.channel.on('error', () => {});
  return peer;
}
