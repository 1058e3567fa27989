import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { startBroker } from '@micro-framework/broker';
import { openPeer } from '../support/amqp-peer.js';
import { eventually } from '../support/eventually.js';
import { heldMemory } from '../support/memory.js';
import { produce } from '../support/producing.js';
import { evaluate, startRabbit } from '../support/rabbitmq.js';
import { allBack, brokerHealth, startEntries } from './entries.js';

// Publishers that go on while the broker takes nothing. 20 rounds under `npm run test:faults`.
const rounds = Number(process.env.FAULTS_ALARM_ROUNDS ?? 3);
const filler = 'x'.repeat(10_000);
const mostPending = 500;
const settings = { amqpMaxPending: mostPending, amqpPublishTimeout: 1_000, amqpHeartbeat: 2 };

/** A broker whose alarm a test raises and takes back. */
interface Alarmed {
  readonly uri: string;
  raise(): Promise<unknown>;
  relieve(): Promise<unknown>;
}

const brokers: Record<string, (t: TestContext) => Promise<Alarmed>> = {
  async RabbitMQ(t) {
    const { address } = await startRabbit(t);
    const mark = (share: string): Promise<string> =>
      evaluate(address, `vm_memory_monitor:set_vm_memory_high_watermark(${share}).`);
    return { uri: address.uri, raise: () => mark('0.000001'), relieve: () => mark('0.8') };
  },
  async 'the embedded broker'(t) {
    const broker = await startBroker({ maxBytes: 1024 * 1024 });
    t.after(() => broker.close());
    const uri = broker.url as string;
    const filling = await openPeer(t, uri);
    const draining = await openPeer(t, uri);
    const { queue } = await filling.channel.assertQueue('hoard');
    return {
      uri,
      async raise() {
        for (let n = 0; n < 120; n += 1) filling.channel.sendToQueue(queue, Buffer.from(filler));
        await eventually(async () => assert.ok((await broker.status()).blocked));
      },
      relieve: () => draining.channel.purgeQueue(queue),
    };
  },
};

describe('a broker short of memory', () => {
  for (const [name, open] of Object.entries(brokers))
    test(`${name}: publishers wait, or are refused when their time is up or too many wait, in bounded memory, and all goes on afterwards`, async (t) => {
      const { uri, raise, relieve } = await open(t);
      const entries = await startEntries(t, uri, settings);
      const { ledger, publishing } = entries;
      // Its time is not up before the alarm is over.
      const patient = await produce(t, { amqpUri: uri, serviceName: 'ledger', amqpPublishTimeout: 300_000 });
      await Promise.all(Array.from({ length: 100 }, () => entries.publish()));

      await raise();
      // The broker tells a connection that it is blocked when it publishes; the embedded one takes that message.
      await entries.publish();
      const taken = ledger.confirmed.size;
      await eventually(() => assert.equal(publishing.session.health().status, 'degraded'));
      const ends: string[] = [];
      const publishPatiently = (id: string): Promise<unknown> =>
        patient.publish('entry', { id, file: ledger.file }, { mandatory: true }).then(() => ends.push(id));
      const scouting = publishPatiently('scout');
      const patience = publishPatiently('patient');
      const before = heldMemory();
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(Array.from({ length: 2 * mostPending }, () => entries.publish({ filler })));
      }
      const growth = heldMemory() - before;
      const blocked = publishing.session.health();
      const early = ends.includes('patient');
      await relieve();
      await Promise.all([scouting, patience]);
      await allBack(entries, 10_000);
      await Promise.all(Array.from({ length: 100 }, () => entries.publish()));
      await entries.halt();

      t.diagnostic(
        `${Math.round(growth / 1024)} KiB more after ${rounds * mostPending * 2} messages of 10 kB`,
      );
      assert.equal(early, false);
      assert.deepEqual([ledger.handled().get('scout'), ledger.handled().get('patient')], [1, 1]);
      assert.ok(growth < 20 * 1024 * 1024, `${growth} bytes`);
      const errors = [...ledger.refused.values()];
      const overflows = errors.filter((error) => error.startsWith('PUBLISH_OVERFLOW'));
      const timeouts = errors.filter((error) => error.startsWith('PUBLISH_TIMED_OUT'));
      assert.equal(overflows.length, rounds * mostPending);
      assert.equal(overflows.length + timeouts.length, errors.length);
      assert.match(timeouts.at(-1) ?? '', /takes no messages for now \(low on memory\)/);
      assert.match(JSON.stringify(blocked), /"blocked":"low on memory"/);
      assert.equal(ledger.confirmed.size, taken + 100);
      ledger.assertNoneMissing();
      const told = publishing.context.lines.filter(({ text }) => /takes no messages for now/.test(text));
      assert.equal(told.length, 1);
    });

  test('the embedded broker: acks still reach it, so its queues drain and publishers go on', async (t) => {
    const broker = await startBroker({ maxBytes: 1024 * 1024 });
    t.after(() => broker.close());
    const entries = await startEntries(t, broker.url as string, { amqpHeartbeat: 1 });

    // Ten times what it holds, published as fast as it goes, handled at the same time.
    await Promise.all(Array.from({ length: 1_000 }, () => entries.publish({ filler })));
    await entries.halt();

    assert.equal(entries.ledger.confirmed.size, 1_000);
    assert.equal(entries.ledger.assertNoneMissing().duplicates, 0);
    assert.deepEqual([brokerHealth(entries).consuming.lost, brokerHealth(entries).publishing.lost], [0, 0]);
    const told = entries.publishing.context.lines.filter(({ text }) =>
      /takes no messages for now/.test(text),
    );
    assert.ok(told.length > 0, 'it was never short of memory');
  });
});
