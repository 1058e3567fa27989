import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { type Broker, startBroker } from '@micro-framework/broker';
import { openPeer } from '../support/amqp-peer.js';
import { brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import { evaluate } from '../support/rabbitmq.js';
import { type RabbitNode, startNode } from '../support/rabbitmq-node.js';
import { rabbitmqctl } from '../support/rabbitmqctl.js';
import { allBack, brokerHealth, type Entries, queue, startEntries } from './entries.js';

// What a broker does to its clients by itself, or on an operator's word, while messages flow.

const backWithin = 5_000;

/** Does it to a service, and sees it come back with all that it had and all that was confirmed. */
async function survives(
  entries: Entries,
  strike: () => Promise<unknown>,
  felt: (before: ConsumerDetails) => void,
): Promise<{ readonly refused: number; readonly duplicates: number }> {
  const before = consumerOf(entries);
  entries.run(100);
  await eventually(() => assert.ok(entries.ledger.handled().size > 20));
  await strike();
  await eventually(() => felt(before));
  await allBack(entries, backWithin);
  const { size } = entries.ledger.confirmed;
  await eventually(() => assert.ok(entries.ledger.confirmed.size > size + 20));
  await entries.halt();
  return entries.ledger.assertNoneMissing();
}

interface ConsumerDetails {
  readonly subscribed: number;
  readonly cancelled: number;
}

/** What the listener says of itself. */
function consumerOf({ runner }: Entries): ConsumerDetails {
  const part = runner.health().parts.find(({ name }) => name.startsWith('EventListener'));
  return part?.details as unknown as ConsumerDetails;
}

describe('RabbitMQ', () => {
  let rabbit: RabbitNode;
  before(async () => {
    rabbit = await startNode();
    await rabbit.ready;
  });
  after(() => rabbit.stop());

  test("closes connections on an operator's word: they are made again", async (t) => {
    const entries = await startEntries(t, rabbit.address.uri);

    const { refused } = await survives(
      entries,
      async () => {
        const [, ...connections] = await rabbitmqctl(rabbit.address, 'list_connections', 'pid');
        const close = (pid: string): Promise<unknown> =>
          rabbitmqctl(rabbit.address, 'close_connection', pid, 'closed by an operator');
        await Promise.all(connections.map(close));
      },
      () => {
        const { consuming, publishing } = brokerHealth(entries);
        assert.deepEqual([consuming.lost, publishing.lost], [1, 1]);
      },
    );

    assert.equal(refused, 0);
  });

  test('closes the channel of a handler that holds its message too long: another is opened', async (t) => {
    for (const setting of ['channel_tick_interval, 300', 'consumer_timeout, 1000'])
      await evaluate(rabbit.address, `application:set_env(rabbit, ${setting}).`);
    const entries = await startEntries(t, rabbit.address.uri);

    const { refused } = await survives(
      entries,
      () => entries.publish({ hold: 4_000 }),
      ({ subscribed }) => assert.ok(consumerOf(entries).subscribed > subscribed),
    );

    assert.equal(refused, 0);
  });
});

describe('the embedded broker', () => {
  async function start(t: TestContext): Promise<{ broker: Broker; entries: Entries }> {
    const broker = await startBroker();
    t.after(() => broker.close());
    return { broker, entries: await startEntries(t, broker.url as string) };
  }

  test('drops its connections: they are made again', async (t) => {
    const { broker, entries } = await start(t);

    const { refused } = await survives(
      entries,
      () => broker.faults.dropConnections(),
      () => {
        const { consuming, publishing } = brokerHealth(entries);
        assert.deepEqual([consuming.lost, publishing.lost], [1, 1]);
      },
    );

    assert.equal(refused, 0);
  });

  test('closes the channel of a consumer: another is opened', async (t) => {
    const { broker, entries } = await start(t);

    const { refused } = await survives(
      entries,
      () => broker.faults.closeChannels(queue),
      ({ subscribed }) => assert.equal(consumerOf(entries).subscribed, subscribed + 1),
    );

    assert.equal(refused, 0);
    assert.equal(brokerHealth(entries).consuming.lastError, undefined);
  });

  test('cancels a consumer: it subscribes again, and what was in hand is handled once', async (t) => {
    const { broker, entries } = await start(t);

    const { refused, duplicates } = await survives(
      entries,
      () => broker.faults.cancelConsumers(queue),
      ({ cancelled }) => assert.equal(consumerOf(entries).cancelled, cancelled + 1),
    );

    assert.deepEqual([refused, duplicates], [0, 0]);
  });

  test('takes no connections for a while: the service is down, says why, and comes back', async (t) => {
    const { broker, entries } = await start(t);
    await broker.faults.refuseConnections(true);
    await broker.faults.dropConnections();
    await eventually(() => assert.ok(brokerHealth(entries).consuming.attempts >= 3));

    const health = entries.runner.health();
    await broker.faults.refuseConnections(false);
    await allBack(entries, backWithin);

    assert.equal(health.status, 'down');
    assert.match(JSON.stringify(health), /no connection to amqp:\/\/guest:\*\*\*@/);
    assert.ok(!JSON.stringify(health).includes(new URL(broker.url as string).password));
    assert.equal(brokerHealth(entries).consuming.attempts, 0);
  });
});

for (const broker of brokers)
  describe(broker.name, () => {
    test('loses a queue to an operator: it is declared again, and its listener listens', async (t) => {
      const uri = await broker.openEmpty();
      const entries = await startEntries(t, uri);
      const peer = await openPeer(t, uri);
      entries.run(100);
      await eventually(() => assert.ok(entries.ledger.handled().size > 20));
      // What waits in a queue that is deleted is gone, confirmed or not, as whoever deletes it wants.
      await entries.halt();

      await peer.channel.deleteQueue(queue);
      await eventually(() => assert.equal(consumerOf(entries).cancelled, 1));
      await allBack(entries, backWithin);
      await entries.publish();
      await entries.halt();

      assert.equal(entries.ledger.assertNoneMissing().refused, 0);
      assert.equal(consumerOf(entries).subscribed, 1, 'its channel stayed');
    });

    test('loses a queue with a delivery in hand: its handler ends, once, and its listener listens', async (t) => {
      const uri = await broker.openEmpty();
      const entries = await startEntries(t, uri);
      const peer = await openPeer(t, uri);
      await entries.publish({ hold: 2_000 });
      await entries.publish();
      // Delivered after the first, which is in its handler by now.
      await eventually(() => assert.equal(entries.ledger.handled().size, 1));

      await peer.channel.deleteQueue(queue);
      await eventually(() => assert.equal(consumerOf(entries).cancelled, 1));
      await allBack(entries, backWithin);
      assert.equal(entries.ledger.handled().size, 1, 'it is still in hand');
      await entries.publish();
      await entries.halt();

      assert.equal(entries.ledger.handled().size, 3);
      assert.equal(entries.ledger.assertNoneMissing().duplicates, 0);
      await eventually(() => assert.equal(entries.runner.routes[0]?.counts.succeeded, 3));
      assert.equal(consumerOf(entries).subscribed, 1, 'its channel took the late ack');
      await entries.publish();
      await entries.halt();
      assert.equal(consumerOf(entries).subscribed, 1, 'and goes on');
    });
  });
