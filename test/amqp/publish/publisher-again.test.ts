import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Session } from '@micro-framework/amqp/internal';
import { Deadline } from '@micro-framework/core';
import { openPeer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { fakeContext } from '../../support/fake-context.js';
import { openVhost } from '../../support/rabbitmq.js';
import { openProxy } from '../../support/tcp-proxy.js';

test('publishing comes back with its connection, whatever else the broker does not have any more', async (t) => {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const [queue, foreign] = [unique('retry'), unique('foreign')];
  await peer.channel.assertQueue(queue);
  await peer.channel.assertExchange(foreign, 'topic');
  const line = await openProxy(t, uri);
  const context = fakeContext({ options: {}, config: { amqpUri: line.uri, amqpPublishTimeout: 10_000 } });
  const session = new Session(context);
  t.after(() => session.stop(Deadline.in(1_000)));
  await session.setup();
  const exchanges = [{ name: foreign, type: 'topic', autoDelete: false, foreign: true }];
  await session.declare({ exchanges, queues: [], bindings: [] });

  await peer.channel.deleteExchange(foreign);
  line.cut();
  await eventually(() => assert.equal(session.publishing.health().lost, 1));
  await session.publish({ exchange: '', routingKey: queue, body: Buffer.from('1'), properties: {} });

  assert.equal(await peer.count(queue), 1);
  assert.match(context.logged.join(), /cannot be declared again/);
});
