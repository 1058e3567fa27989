import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { headerNames } from '@micro-framework/amqp';
import type { Ending } from '@micro-framework/core';
import { openPeer } from '../../../support/amqp-peer.js';
import { openDeadLetters } from '../../../support/dead-letters.js';
import { eventually } from '../../../support/eventually.js';
import { succeeded } from '../../../support/fake-context.js';
import { listen } from '../../../support/listen.js';
import { openVhost } from '../../../support/rabbitmq.js';

const error = { name: 'Error', message: 'not yet' };

describe('a message that waits for its next attempt', () => {
  test('goes to the lost ones when its queue is deleted meanwhile, and holds up nobody', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const retries = { backOff: { interval: 400 }, prefetch: 100 };
    const retry: Ending = { kind: 'retry', delay: 400, attempt: 2, error, call: 'c' };
    const once = ({ attempt }: { attempt?: number }): Ending => (attempt === 1 ? retry : succeeded);
    // More than a quorum queue passes on at once: at the default exchange they would stop everything.
    const lost = 40;

    const gone = await listen(t, uri, { source: unique('gone'), ...retries }, once);
    const kept = await listen(t, uri, { source: unique('kept'), ...retries }, once);
    await peer.channel.assertQueue('retry.lost', { arguments: { 'x-queue-type': 'classic' } });
    await Promise.all(Array.from({ length: lost }, (_, n) => peer.send(gone.queue, { body: { n } })));
    await eventually(() => assert.equal(gone.context.requests.length, lost));
    await gone.context.drained();
    await gone.consumer.stop();
    await peer.channel.deleteQueue(gone.queue);
    await peer.send(kept.queue, { body: {} });
    await eventually(() => assert.equal(kept.context.requests.length, 2));

    await eventually(async () => assert.equal(await peer.count('retry.lost'), lost));
    const { properties } = await peer.take('retry.lost');
    assert.equal(properties.headers?.[headerNames.originQueue], gone.queue);

    await peer.channel.assertQueue(gone.queue);
    const deadLetters = await openDeadLetters(t, uri);
    const { done } = await deadLetters.replay('retry.lost', {});

    // One was taken to be looked at.
    assert.equal(done, lost - 1);
    assert.equal(await peer.count(gone.queue), lost - 1);
  });
});
