import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startBroker } from '@micro-framework/broker';
import { eventually } from '../support/eventually.js';
import { heldMemory } from '../support/memory.js';
import { evaluate, startRabbit } from '../support/rabbitmq.js';
import { allBack, brokerHealth, startEntries } from './entries.js';

// Publishers that go on while the broker takes nothing. 20 rounds under `npm run test:faults`.
const rounds = Number(process.env.FAULTS_ALARM_ROUNDS ?? 3);
const filler = 'x'.repeat(10_000);
const mostPending = 500;
const settings = { amqpMaxPending: mostPending, amqpPublishTimeout: 1_000, amqpHeartbeat: 2 };

describe('a broker short of memory', () => {
  test('RabbitMQ: publishers wait, then are refused, in bounded memory, and all goes on afterwards', async (t) => {
    const { address } = await startRabbit(t);
    const entries = await startEntries(t, address.uri, settings);
    const { ledger, publishing } = entries;
    await Promise.all(Array.from({ length: 100 }, () => entries.publish()));

    await evaluate(address, 'vm_memory_monitor:set_vm_memory_high_watermark(0.000001).');
    // The broker tells a connection that it is blocked when it publishes.
    await entries.publish();
    await eventually(() => assert.equal(publishing.session.health().status, 'degraded'));
    const before = heldMemory();
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(Array.from({ length: 2 * mostPending }, () => entries.publish({ filler })));
    }
    const growth = heldMemory() - before;
    const blocked = publishing.session.health();
    await evaluate(address, 'vm_memory_monitor:set_vm_memory_high_watermark(0.8).');
    await allBack(entries, 10_000);
    await Promise.all(Array.from({ length: 100 }, () => entries.publish()));
    await entries.halt();

    t.diagnostic(`${Math.round(growth / 1024)} KiB more after ${rounds * mostPending * 2} messages of 10 kB`);
    assert.ok(growth < 20 * 1024 * 1024, `${growth} bytes`);
    const errors = [...ledger.refused.values()];
    const overflows = errors.filter((error) => error.startsWith('PUBLISH_OVERFLOW'));
    const timeouts = errors.filter((error) => error.startsWith('PUBLISH_TIMED_OUT'));
    assert.equal(overflows.length, rounds * mostPending);
    assert.equal(overflows.length + timeouts.length, errors.length);
    assert.match(timeouts.at(-1) ?? '', /takes no messages for now \(low on memory\)/);
    assert.match(JSON.stringify(blocked), /"blocked":"low on memory"/);
    assert.equal(ledger.confirmed.size, 200);
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
