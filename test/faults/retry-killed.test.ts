import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openPeer } from '../support/amqp-peer.js';
import { brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import { Ledger } from '../support/ledger.js';
import { type ServiceProcess, startService } from '../support/service-process.js';
import { isMethod, openProxy } from '../support/tcp-proxy.js';

// Twenty under `npm run test:faults`.
const kills = Number(process.env.FAULTS_RETRY_KILLS ?? 2);
const main = fileURLToPath(new URL('./fixtures/second-try-main.js', import.meta.url));
const patience = 60_000;

for (const broker of brokers)
  test(`a service killed ${kills} times between the confirmed retry copy and the ack loses nothing, on ${broker.name}`, async (t) => {
    const { uri, unique } = await broker.open();
    const peer = await openPeer(t, uri);
    const ledger = new Ledger(t);
    const name = unique('tries');
    const queue = `ledger.try__${name}.SecondTry.handle`;
    let victim: ServiceProcess | undefined;
    // Its first ack never arrives, nor does anything it says thereafter.
    const proxy = await openProxy(t, uri, {
      toBroker(frame) {
        if (victim && isMethod(frame, 60, 80)) victim.child.kill('SIGKILL');
        return victim?.child.killed ?? false;
      },
    });
    const start = (): Promise<ServiceProcess> =>
      startService(t, main, { AMQP_URI: proxy.uri, SERVICE_NAME: name, LEDGER: ledger.file });
    const allHandledTwice = (): Promise<void> =>
      eventually(() => {
        const expected = [...ledger.confirmed].map((id): [string, number] => [id, 2]);
        assert.deepEqual([...ledger.handled()].sort(), expected.sort());
      }, patience);

    for (let n = 0; n < kills; n += 1) {
      const service = await start();
      await allHandledTwice();
      victim = service;
      await peer.send(queue, { body: { n }, messageId: `m${n}` });
      ledger.confirmed.add(`m${n}`);

      assert.deepEqual(await service.ended, [null, 'SIGKILL']);
      victim = undefined;
      // The one that was not acknowledged, and its copy, whose wait is over.
      await eventually(async () => assert.equal(await peer.count(queue), 2), patience);
    }
    const last = await start();
    await allHandledTwice();
    last.child.kill('SIGTERM');
    assert.deepEqual(await last.ended, [0, null], last.log());

    const { confirmed, duplicates } = ledger.assertNoneMissing();
    t.diagnostic(`${confirmed} confirmed, none missing, ${duplicates} came twice, with their message id`);
    assert.ok(duplicates <= kills);
    assert.equal(await peer.count(queue), 0);
    assert.equal(await peer.count(`${queue}.dead`), 0);
  });
