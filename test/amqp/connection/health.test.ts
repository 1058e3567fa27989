import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { QueueListener } from '@micro-framework/amqp';
import { bootstrap, Module, type Runner, Service } from '@micro-framework/core';
import { openPeer } from '../../support/amqp-peer.js';
import { brokers } from '../../support/brokers.js';
import { eventually } from '../../support/eventually.js';

const queue = `letters-${process.pid}`;

@Service()
class Letters {
  @QueueListener(queue, { queueOptions: { declare: false } })
  read(): void {}
}

@Module({ services: [Letters] })
class LettersModule {}

@Service()
class Parcels {
  @QueueListener('parcels')
  open(): void {}
}

@Module({ services: [Parcels] })
class ParcelsModule {}

async function start(
  t: TestContext,
  module: typeof LettersModule | typeof ParcelsModule,
  amqpUri: string,
): Promise<Runner> {
  const options = { amqpUri, serviceName: 'post', workerMode: 'inline', logLevel: 'silent' } as const;
  const runner = await bootstrap(module, { ...options, signals: false });
  t.after(() => runner.stop());
  return runner;
}

for (const { name, open } of brokers) {
  describe(`the health of a service on ${name}`, () => {
    test('is degraded while the queue of a listener is gone, and names it', async (t) => {
      const { uri } = await open();
      const peer = await openPeer(t, uri);
      await peer.channel.assertQueue(queue);
      const runner = await start(t, LettersModule, uri);

      await peer.channel.deleteQueue(queue);
      const { parts } = await eventually(() => {
        const health = runner.health();
        assert.equal(health.status, 'degraded');
        return health;
      });
      await peer.channel.assertQueue(queue);
      await eventually(() => assert.equal(runner.health().status, 'up'));

      const detailsOf = (part: string): object => parts.find((one) => one.name === part)?.details ?? {};
      const { consumers } = detailsOf('RabbitMQ') as { consumers?: object };
      assert.deepEqual(consumers, { expected: 1, active: 0, missing: [queue] });
      const listener = detailsOf('QueueListener of Letters.read') as { queue?: string; cancelled?: number };
      assert.deepEqual([listener.queue, listener.cancelled], [queue, 1]);
    });
  });
}

test('a broker that is embedded is not called RabbitMQ', async (t) => {
  const runner = await start(t, ParcelsModule, 'memory://');

  const names = runner.health().parts.map(({ name }) => name);

  assert.deepEqual(names, ['embedded broker', 'QueueListener of Parcels.open', 'workers of ParcelsModule']);
});
