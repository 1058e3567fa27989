import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPeer } from '../support/amqp-peer.js';
import { eventually } from '../support/eventually.js';
import { listen } from '../support/listen.js';
import { openVhost } from '../support/rabbitmq.js';
import { openProxy } from '../support/tcp-proxy.js';

test('a service whose connections are cut is back at once, and goes on', async (t) => {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const proxy = await openProxy(t, uri);
  const { context, queue } = await listen(t, proxy.uri, { source: unique('shop') });

  for (let n = 0; n < 5; n++) {
    proxy.cut();
    await peer.send(queue, { body: { n } });
    await eventually(() => assert.equal(context.requests.length, n + 1), 5_000);
  }

  assert.deepEqual(context.failures, []);
});
