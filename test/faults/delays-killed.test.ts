import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { headerNames } from '@micro-framework/amqp';
import type { Ending } from '@micro-framework/core';
import { openPeer } from '../support/amqp-peer.js';
import { dataFolder, hostBroker } from '../support/broker-process.js';
import { eventually } from '../support/eventually.js';
import { listen } from '../support/listen.js';
import { produce } from '../support/producing.js';
import { startRabbit } from '../support/rabbitmq.js';

const messages = Number(process.env.FAULTS_WAITING ?? 100);

/** A broker that can be killed while it keeps what waits. */
interface Mortal {
  readonly uri: string;
  kill(): Promise<void>;
  /** Starts it again; where it is then. */
  start(): Promise<string>;
}

const mortals: Record<string, (t: TestContext) => Promise<Mortal>> = {
  async RabbitMQ(t) {
    const node = await startRabbit(t);
    const { uri } = node.address;
    return { uri, kill: () => node.halt('kill'), start: () => node.start().then(() => uri) };
  },
  async 'the embedded broker'(t) {
    const { storage } = dataFolder();
    const first = await hostBroker(t, { storage });
    const start = async (): Promise<string> => (await hostBroker(t, { storage })).url;
    return { uri: first.url, kill: () => first.kill(), start };
  },
};

// Quorum queues that are younger lose messages when the broker is killed: they are declared when a service starts.
const young = 1_000;

/** Milliseconds between a failure and the header that tells of it. */
const mostUntilNoted = 5_000;

const again: Ending = {
  kind: 'retry',
  delay: 4_000,
  attempt: 2,
  error: { name: 'E', message: 'm' },
  call: 'c',
};

for (const [name, begin] of Object.entries(mortals))
  test(`${name}, killed with SIGKILL, brings back every delayed event and every message that waits for its next attempt`, async (t) => {
    const broker = await begin(t);
    const before = await openPeer(t, broker.uri);
    const producer = await produce(t, { amqpUri: broker.uri, serviceName: 'shop', delays: true });
    await before.channel.assertQueue('inbox');
    await before.channel.bindQueue('inbox', 'shop.events', 'due');
    const options = { prefetch: 50, backOff: { interval: 4_000 } };
    const failed = new Map<number, number>();
    const { context, consumer, queue } = await listen(t, broker.uri, options, ({ messageId }) => {
      const n = Number(messageId);
      failed.set(n, failed.get(n) ?? Date.now());
      return again;
    });
    await wait(young);

    const all = Array.from({ length: messages }, (_, n) => n);
    await Promise.all(all.map((n) => producer.publish('due', n, { delay: 200 + 20 * n })));
    await Promise.all(
      all.map((n) => before.publish('shop.events', 'placed', { body: String(n), messageId: String(n) })),
    );
    await producer.stop();
    await eventually(() => assert.equal(failed.size, messages), 60_000);
    // Some events have arrived, most are under way.
    await eventually(async () => assert.ok((await before.count('inbox')) > messages / 10), 60_000);
    await consumer.stop();
    await context.drained();
    await context.stopShared();
    await broker.kill();
    const uri = await broker.start();

    assert.deepEqual([...(await arrivals(t, uri, 'inbox')).keys()].sort(byNumber), all);
    const retries = await arrivals(t, uri, queue);
    await eventually(() => {
      for (const [n, headers] of retries)
        assert.ok(headers[headerNames.attempt], `the copy of ${n} is missing`);
    }, 60_000);
    assert.deepEqual([...retries.keys()].sort(byNumber), all);
    for (const [n, headers] of retries) {
      const first = failed.get(n) ?? assert.fail(`${n} has never failed`);
      const { [headerNames.firstFailure]: at, [headerNames.lastFailure]: last, ...others } = headers;
      assert.ok(
        Number(at) >= first && Number(at) <= first + mostUntilNoted,
        `${n} failed at ${first}, and its copy says ${at}`,
      );
      assert.ok(Number(last) >= Number(at));
      assert.deepEqual(others, {
        [headerNames.attempt]: 2,
        [headerNames.originExchange]: 'shop.events',
        [headerNames.originRoutingKey]: 'placed',
        [headerNames.originQueue]: queue,
      });
    }
  });

const byNumber = (one: number, other: number): number => one - other;

/** The numbers that come to a queue, once all have, and what the copy of each tells of its attempts. */
async function arrivals(t: TestContext, uri: string, queue: string): Promise<Map<number, Told>> {
  const arrived = new Map<number, Told>();
  const peer = await openPeer(t, uri);
  await peer.channel.consume(queue, (message) => {
    if (!message) return;
    const headers = message.properties.headers ?? {};
    const n: number = JSON.parse(message.content.toString());
    // One whose ack was cut off by the stop comes beside its copy.
    if (headerNames.attempt in headers || !arrived.has(n))
      arrived.set(
        n,
        Object.fromEntries(told.filter((name) => name in headers).map((name) => [name, headers[name]])),
      );
    peer.channel.ack(message);
  });
  await eventually(() => assert.equal(arrived.size, messages), 60_000);
  return arrived;
}

type Told = Readonly<Record<string, unknown>>;

const told = [
  headerNames.attempt,
  headerNames.firstFailure,
  headerNames.lastFailure,
  headerNames.originExchange,
  headerNames.originRoutingKey,
  headerNames.originQueue,
];
