import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectDeadLetters, DeadLetters, EventListener, TopologyMissingError } from '@micro-framework/amqp';
import { bootstrap, Inject, Module, Service } from '@micro-framework/core';
import { openPeer } from '../../support/amqp-peer.js';
import { bury } from '../../support/dead-letters.js';
import { eventually } from '../../support/eventually.js';
import { openVhost } from '../../support/rabbitmq.js';

@Service()
class Clerk {
  // The name of the queue is the test's: it comes with the event.
  @EventListener<{ queue: string }>('office', 'dead_letters_wanted')
  async replay({ queue }: { queue: string }, @Inject(DeadLetters) deadLetters: DeadLetters): Promise<void> {
    const { letters } = await deadLetters.list(queue, { filter: { reason: 'failed' } });
    await deadLetters.replay(queue, { id: letters.map(({ id }) => id) });
  }
}

@Module({ services: [Clerk] })
class Office {}

test('a script connects to dead letters by itself, and nothing keeps the process after it has closed', async (t) => {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const queue = unique('work');
  await peer.channel.assertQueue(`${queue}.dead`, { arguments: { 'x-queue-type': 'classic' } });
  await bury(peer, queue, { id: 'c1' });

  const deadLetters = await connectDeadLetters({ amqpUri: uri, logLevel: 'silent' });
  const { letters } = await deadLetters.list(queue);
  const content = await deadLetters.inspect(queue, 'c1');
  const { done } = await deadLetters.discard(queue, { id: 'c1' });
  await assert.rejects(deadLetters.count('nowhere'), TopologyMissingError);
  await deadLetters.close();

  assert.equal(letters[0]?.id, 'c1');
  assert.equal(Buffer.from(content?.body ?? '').toString(), '{"id":"c1"}');
  assert.equal(done, 1);
});

test('a service has the dead letters in its handlers and of its runner', async (t) => {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const queue = unique('work');
  await peer.channel.assertQueue(queue);
  await peer.channel.assertQueue(`${queue}.dead`, { arguments: { 'x-queue-type': 'classic' } });
  for (const id of ['c1', 'c2']) await bury(peer, queue, { id });
  await bury(peer, queue, { id: 'c3', reason: 'crashed' });
  const runner = await bootstrap(Office, {
    amqpUri: uri,
    serviceName: unique('office'),
    maxWorkers: 1,
    logLevel: 'silent',
  });
  t.after(() => runner.stop());

  await peer.publish('office.events', 'dead_letters_wanted', { body: { queue } });
  await eventually(async () => assert.equal(await peer.count(queue), 2));

  await eventually(async () => assert.equal(await runner.get(DeadLetters).count(queue), 1));
});
