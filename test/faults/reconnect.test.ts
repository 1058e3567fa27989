import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPeer } from '../support/amqp-peer.js';
import { brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import { openProxy } from '../support/tcp-proxy.js';
import { allBack, brokerHealth, queue, startEntries } from './entries.js';

const cuts = 5;

for (const broker of brokers)
  test(`a service whose connections to ${broker.name} are cut is back at once, and goes on`, async (t) => {
    const uri = await broker.openEmpty();
    const peer = await openPeer(t, uri);
    const proxy = await openProxy(t, uri);
    const entries = await startEntries(t, proxy.uri);
    const { ledger, runner } = entries;

    for (let n = 1; n <= cuts; n += 1) {
      proxy.cut();
      const id = `after cut ${n}`;
      await peer.send(queue, { body: { id, file: ledger.file }, messageId: id });
      await eventually(() => assert.equal(ledger.handled().get(id), 1), 5_000);
      await allBack(entries, 5_000);
      const { consuming, publishing } = brokerHealth({ runner });
      assert.deepEqual([consuming.lost, publishing.lost], [n, n]);
    }

    assert.equal(ledger.handled().size, cuts);
  });
