import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { TopologyClashError } from '@micro-framework/amqp';
import { capabilitiesOf, waitTopology } from '@micro-framework/amqp/internal';
import { openPeer } from '../../support/amqp-peer.js';
import { listen } from '../../support/listen.js';
import { openVhost } from '../../support/rabbitmq.js';

describe('what a listener declares', () => {
  test('is what the Python originals declare: either may come first', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const source = unique('ts');
    const declareLikeThem = async (): Promise<void> => {
      await peer.channel.assertExchange(`${source}.events`, 'topic', { durable: true, autoDelete: true });
      await peer.channel.assertQueue(`${source}.placed__tested.Service.handle`, { durable: true });
      await peer.channel.bindQueue(`${source}.placed__tested.Service.handle`, `${source}.events`, 'placed');
    };

    await declareLikeThem();
    const { queue } = await listen(t, uri, { source });
    await declareLikeThem();

    assert.equal(queue, `${source}.placed__tested.Service.handle`);
  });

  test('clashes with an exchange of another kind as one error that names both sides', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const source = unique('shop');
    await peer.channel.assertExchange(`${source}.events`, 'topic', { durable: true, autoDelete: false });

    await assert.rejects(listen(t, uri, { source }), (error) => {
      assert.ok(error instanceof TopologyClashError);
      assert.match(error.message, new RegExp(`exchange ${source}.events`));
      assert.match(
        error.message,
        /Service\.handle \(\/app\/service\.js\) wants it topic, durable, auto-delete;/,
      );
      assert.match(error.message, /received 'true' but current is 'false'/);
      return true;
    });
  });

  test('clashes with a queue of other arguments as one error that names both sides', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const queue = unique('mine');
    await peer.channel.assertQueue(queue, { durable: true, arguments: { 'x-max-length': 7 } });

    await assert.rejects(listen(t, uri, { source: unique('shop'), queue }), (error) => {
      assert.ok(error instanceof TopologyClashError);
      assert.match(error.message, new RegExp(`queue ${queue}`));
      assert.match(
        error.message,
        /Service\.handle \(\/app\/service\.js\) wants it durable, without arguments;/,
      );
      assert.match(error.message, /x-max-length/);
      return true;
    });
  });
});

describe('the wait queues', () => {
  test('are quorum queues that lose nothing where the broker has them', () => {
    const capabilities = capabilitiesOf({ product: 'RabbitMQ', version: '3.10.8' });
    const { queues, exchanges, bindings } = waitTopology('work', [500], capabilities);

    assert.deepEqual(exchanges, [
      { name: 'retry.lost', type: 'fanout', autoDelete: false },
      { name: 'retry.home', type: 'direct', autoDelete: false, alternate: 'retry.lost' },
      { name: 'retry.500', type: 'fanout', autoDelete: false },
    ]);
    assert.deepEqual(bindings, [
      { exchange: 'retry.lost', queue: 'retry.lost', key: '' },
      { exchange: 'retry.home', queue: 'work', key: 'work' },
      { exchange: 'retry.500', queue: 'retry.500', key: '' },
    ]);
    assert.deepEqual(queues, [
      { name: 'retry.lost', arguments: { 'x-queue-type': 'classic' } },
      {
        name: 'retry.500',
        arguments: {
          'x-queue-type': 'quorum',
          'x-dead-letter-strategy': 'at-least-once',
          'x-overflow': 'reject-publish',
          'x-message-ttl': 500,
          'x-dead-letter-exchange': 'retry.home',
        },
      },
    ]);
  });

  test('are classic on older and unknown brokers, and on the embedded one', () => {
    for (const server of [
      { product: 'micro-framework broker' },
      { product: 'RabbitMQ', version: '3.9.29' },
      { product: 'other', version: '9.0' },
      {},
    ]) {
      assert.equal(capabilitiesOf(server).quorumWaits, false);
    }
    for (const version of ['3.10.0', '3.13.7', '4.0.1']) {
      assert.equal(capabilitiesOf({ product: 'RabbitMQ', version }).quorumWaits, true);
    }
  });
});

test('the driver is imported by one file, and not by what workers load', async () => {
  const worker = new Worker(
    `import { createRequire } from 'node:module';
     import { parentPort } from 'node:worker_threads';
     await import(${JSON.stringify(import.meta.resolve('@micro-framework/amqp'))});
     const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('amqplib'));
     const before = loaded();
     await import(${JSON.stringify(import.meta.resolve('@micro-framework/amqp/internal'))});
     parentPort.postMessage([before, loaded()]);`,
    { eval: true, execArgv: ['--input-type=module'] },
  );

  assert.deepEqual(await once(worker, 'message'), [[false, true]]);
});
