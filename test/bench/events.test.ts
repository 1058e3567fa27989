import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ackEach, ackTogether, bare } from '../../bench/events/bare-amqplib.js';
import { confirmChannel } from '../../bench/events/confirm-channel.js';
import { type Consumption, consuming } from '../../bench/events/consuming.js';
import { ours } from '../../bench/events/ours.js';
import { producer } from '../../bench/events/producer.js';
import type { Contender } from '../../bench/harness/suite.js';
import { openPeer } from '../support/amqp-peer.js';
import { openVhost } from '../support/rabbitmq.js';

const seconds = 0.02;

for (const [name, consumption] of Object.entries({
  'ours inline': (url: string) => ours(url, 'inline'),
  'ours in a thread': (url: string) => ours(url, 'thread'),
  amqplib: ackEach,
  'amqplib, coalesced': ackTogether,
}))
  test(`a queue is emptied by ${name}`, async () => {
    const { uri } = await openVhost();

    const figures = await measured(await consuming(uri, consumption(uri)));

    assert.deepEqual(Object.keys(figures), [
      'prefetch 10, messages/s',
      'prefetch 10, main CPU',
      'prefetch 100, messages/s',
      'prefetch 100, main CPU',
    ]);
    for (const [figure, value] of Object.entries(figures)) assert.ok(value > 0, figure);
  });

for (const [name, open] of Object.entries({ confirmChannel, producer }))
  test(`what is published by ${name} has arrived`, async () => {
    const { uri } = await openVhost();

    const figures = await measured(await open(uri));

    assert.ok((figures['publishing, 100 in flight, messages/s'] ?? 0) > 0);
  });

test('what the producer publishes goes to nobody else who is measured', async (t) => {
  const { uri } = await openVhost();
  const listener = ours(uri, 'inline');
  await measured(await consuming(uri, listener));

  await measured(await producer(uri));

  const peer = await openPeer(t, uri);
  assert.equal(await peer.count(listener.queue), 0);
});

test('whoever does not acknowledge is not measured', async () => {
  const { uri } = await openVhost();
  const forgetful = bare(uri, 'forgetful', () => {});
  // It would get no more messages than are prefetched.
  const greedy: Consumption = { ...forgetful, start: () => forgetful.start(0) };

  const measuring = consuming(uri, greedy).then(measured);

  await assert.rejects(measuring, /messages of \d+ were not acknowledged/);
});

test('whoever does not handle what it acknowledges is not measured', async () => {
  const { uri } = await openVhost();
  const diligent = ackEach(uri);
  const lazy: Consumption = {
    ...diligent,
    start: async (prefetch) => ({ ...(await diligent.start(prefetch)), handled: () => 0 }),
  };

  const measuring = consuming(uri, lazy).then(measured);

  await assert.rejects(measuring, /only 0 messages of \d+ were handled/);
});

async function measured(contender: Contender): Promise<Record<string, number>> {
  try {
    const figures = await contender.measure(seconds);
    return Object.fromEntries(figures.map(({ group, metric, value }) => [`${group}, ${metric}`, value]));
  } finally {
    await contender.close();
  }
}
