import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
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
    const { context, consumer, queue } = await listen(t, broker.uri, options, () => again);
    await wait(young);

    const all = Array.from({ length: messages }, (_, n) => n);
    await Promise.all(all.map((n) => producer.publish('due', n, { delay: 200 + 20 * n })));
    await Promise.all(all.map((n) => before.send(queue, { body: String(n) })));
    await producer.stop();
    await eventually(() => assert.ok(context.requests.length >= messages), 60_000);
    // Some events have arrived, most are under way.
    await eventually(async () => assert.ok((await before.count('inbox')) > messages / 10), 60_000);
    await consumer.stop();
    await context.drained();
    await context.stopShared();
    await broker.kill();
    const uri = await broker.start();

    assert.deepEqual(await numbers(t, uri, 'inbox'), all);
    assert.deepEqual(await numbers(t, uri, queue), all);
  });

/** The numbers that come to a queue, once all have, each once and in their order. */
async function numbers(t: TestContext, uri: string, queue: string): Promise<number[]> {
  const arrived = new Set<number>();
  const peer = await openPeer(t, uri);
  await peer.channel.consume(queue, (message) => {
    if (!message) return;
    arrived.add(JSON.parse(message.content.toString()));
    peer.channel.ack(message);
  });
  await eventually(() => assert.equal(arrived.size, messages), 60_000);
  return [...arrived].sort((a, b) => a - b);
}
