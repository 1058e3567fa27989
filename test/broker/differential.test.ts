import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type Broker, startBroker } from '@micro-framework/broker';
import { difference, trace } from '../support/broker-trace.js';
import { type RabbitNode, startNode } from '../support/rabbitmq-node.js';

// More with DIFFERENTIAL_SEEDS and DIFFERENTIAL_STEPS; a seed that fails is found again from DIFFERENTIAL_FROM.
const seeds = Number(process.env.DIFFERENTIAL_SEEDS ?? 20);
const steps = Number(process.env.DIFFERENTIAL_STEPS ?? 200);
const from = Number(process.env.DIFFERENTIAL_FROM ?? 1);
// Each waits for round trips most of the time.
const atOnce = 5;

suite('the embedded broker beside RabbitMQ', () => {
  let broker: Broker;
  let rabbit: RabbitNode;
  before(async () => {
    broker = await startBroker();
    rabbit = await startNode();
    await rabbit.ready;
  });
  after(async () => {
    await broker.close();
    await rabbit.stop();
  });

  test(`${seeds} random programs of ${steps} steps leave the same trace on both`, async () => {
    const differences: (string | undefined)[] = [];
    const play = async (seed: number): Promise<void> => {
      const [theirs, ours] = await Promise.all([
        trace(rabbit.address.uri, seed, steps),
        trace(broker.url as string, seed, steps),
      ]);
      differences.push(difference(seed, theirs, ours));
    };
    const all = Array.from({ length: seeds }, (_, at) => from + at);
    while (all.length > 0) await Promise.all(all.splice(0, atOnce).map(play));

    assert.deepEqual(differences.filter(Boolean), []);
  });
});
