import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TopologyMissingError } from '@micro-framework/amqp';
import { openPeer } from '../../support/amqp-peer.js';
import { brokers } from '../../support/brokers.js';
import { eventually } from '../../support/eventually.js';
import { produce } from '../../support/producing.js';

for (const broker of brokers)
  describe(`an event with a delay, on ${broker.name}`, () => {
    test('arrives when it is due and not before, as if it had been published then', async (t) => {
      const { uri, unique } = await broker.open();
      const peer = await openPeer(t, uri);
      const service = unique('shop');
      const producer = await produce(t, { amqpUri: uri, serviceName: service, delays: true });
      const { queue } = await peer.channel.assertQueue(unique('inbox'));
      await peer.channel.bindQueue(queue, `${service}.events`, 'order.placed');
      const from = Date.now();

      await producer.publish(
        'order.placed',
        { n: 1 },
        {
          delay: 750,
          headers: { tenant: 'a', flag: true },
          messageId: 'm1',
          correlationId: 'c1',
          priority: 3,
        },
      );
      const { fields, properties, content } = await peer.take(queue);

      const after = Date.now() - from;
      assert.ok(after >= 749, `after ${after} ms`);
      assert.deepEqual([fields.exchange, fields.routingKey], [`${service}.events`, 'order.placed']);
      assert.equal(content.toString(), '{"n":1}');
      const { headers, ...others } = properties;
      const own = Object.entries(headers ?? {}).filter(([name]) => !/^x-(?:first-)?death/.test(name));
      assert.deepEqual(Object.fromEntries(own), { tenant: 'a', flag: true });
      assert.deepEqual(
        Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)),
        {
          contentType: 'application/json',
          contentEncoding: 'utf-8',
          deliveryMode: 2,
          priority: 3,
          correlationId: 'c1',
          messageId: 'm1',
        },
      );
    });

    test('is not held up by longer ones before it, nor by those to which nobody listens', async (t) => {
      const { uri, unique } = await broker.open();
      const peer = await openPeer(t, uri);
      const service = unique('shop');
      const producer = await produce(t, { amqpUri: uri, serviceName: service, delays: true });
      const { queue } = await peer.channel.assertQueue(unique('inbox'));
      await peer.channel.bindQueue(queue, `${service}.events`, 'heard');
      const delays = [1_600, 200, 1_000, 100, 400];

      // More than a quorum queue passes on at once.
      await Promise.all(Array.from({ length: 40 }, () => producer.publish('unheard', {}, { delay: 100 })));
      for (const delay of delays) await producer.publish('heard', delay, { delay });
      const came: string[] = [];
      for (const _ of delays) came.push((await peer.take(queue)).content.toString());

      assert.deepEqual(came, ['100', '200', '400', '1000', '1600']);
      await eventually(async () => assert.equal(await peer.count(`${service}.events.delayed`), 0));
    });

    test('does not reach a listener whose pattern its name does not match', async (t) => {
      const { uri, unique } = await broker.open();
      const peer = await openPeer(t, uri);
      const service = unique('shop');
      const producer = await produce(t, { amqpUri: uri, serviceName: service, delays: true });
      const { queue } = await peer.channel.assertQueue(unique('inbox'));
      const { queue: other } = await peer.channel.assertQueue(unique('other'));
      for (const pattern of ['#', 'order.*'])
        await peer.channel.bindQueue(queue, `${service}.events`, pattern);
      for (const pattern of ['*', '*.*.*', '#.cancelled', 'shop.#'])
        await peer.channel.bindQueue(other, `${service}.events`, pattern);

      await producer.publish('order.placed', {}, { delay: 300 });
      await peer.take(queue);

      assert.equal(await peer.count(other), 0);
      assert.equal(await peer.count(queue), 0);
    });

    test('that was named like a level of the cascade waits its own time, once', async (t) => {
      const { uri, unique } = await broker.open();
      const peer = await openPeer(t, uri);
      const service = unique('shop');
      const producer = await produce(t, { amqpUri: uri, serviceName: service, delays: true });
      const { queue } = await peer.channel.assertQueue(unique('inbox'));
      await peer.channel.bindQueue(queue, `${service}.events`, '#');

      await producer.publish('delay.100', {}, { delay: 150 });
      await producer.publish('last', {}, { delay: 400 });
      const names = [await peer.take(queue), await peer.take(queue)].map(({ fields }) => fields.routingKey);

      assert.deepEqual(names, ['delay.100', 'last']);
      assert.equal(await peer.count(queue), 0);
    });

    test('needs the exchange at the start where somebody else declares it', async (t) => {
      const { uri, unique } = await broker.open();
      const peer = await openPeer(t, uri);
      const serviceName = unique('shop');
      const settings = { amqpUri: uri, serviceName, delays: true, amqpEventExchanges: 'foreign' } as const;

      await assert.rejects(produce(t, settings), TopologyMissingError);
      await peer.channel.assertExchange(`${serviceName}.events`, 'topic');
      const producer = await produce(t, settings);

      await producer.publish('placed', {}, { delay: 100 });
    });

    test('is kept aside when the queue of its service was deleted while it waited', async (t) => {
      const { uri, unique } = await broker.open();
      const peer = await openPeer(t, uri);
      const service = unique('shop');
      const producer = await produce(t, { amqpUri: uri, serviceName: service, delays: true });

      await producer.publish('lost', { n: 1 }, { delay: 300 });
      await peer.channel.deleteQueue(`${service}.events.delayed`);
      const message = await peer.take('delay.lost');

      assert.equal(message.content.toString(), '{"n":1}');
    });
  });
