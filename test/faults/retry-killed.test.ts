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
    const inHand = new Set<bigint>();
    const proxy = await openProxy(t, uri, {
      fromBroker(frame) {
        if (isMethod(frame, 60, 60)) inHand.add(deliveredTag(frame));
        return false;
      },
      toBroker(frame) {
        if (!isMethod(frame, 60, 80)) return victim?.child.killed ?? false;
        victim?.child.kill('SIGKILL');
        const { tag, multiple } = acknowledged(frame);
        for (const open of inHand) if (open === tag || (multiple && open < tag)) inHand.delete(open);
        return victim !== undefined;
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
      inHand.clear();
      const service = await start();
      await allHandledTwice();
      // The acknowledgements of those before are not the one that is waited for.
      await eventually(() => assert.equal(inHand.size, 0), patience);
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

// Behind a frame's head of 7 bytes and the method's 4.
const argumentsAt = 11;

function deliveredTag(frame: Buffer): bigint {
  return frame.readBigUInt64BE(argumentsAt + 1 + frame.readUInt8(argumentsAt)); // behind the consumer's tag
}

function acknowledged(frame: Buffer): { readonly tag: bigint; readonly multiple: boolean } {
  return { tag: frame.readBigUInt64BE(argumentsAt), multiple: frame.readUInt8(argumentsAt + 8) === 1 };
}
