import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, type EventInput } from '@micro-framework/amqp/internal';
import { BadInputError, type Ending } from '@micro-framework/core';
import { openPeer } from '../../support/amqp-peer.js';
import { frame, method, shortstr } from '../../support/broker-raw.js';
import { succeeded } from '../../support/fake-context.js';
import { listen } from '../../support/listen.js';
import { openVhost } from '../../support/rabbitmq.js';
import { sendBytes } from '../../support/wire-tap.js';

test('headers nested thousands deep cost their message its call, and nobody the connection', async (t) => {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const { context, queue } = await listen(t, uri, { source: unique('shop') }, ({ input }) => {
    try {
      decode(input as EventInput);
      return succeeded;
    } catch (error) {
      assert.ok(error instanceof BadInputError);
      return rejected(error.message);
    }
  });

  await peer.send(queue, { body: { n: 1 } });
  await sendNested(uri, queue, 20_000);
  await peer.send(queue, { body: { n: 2 }, headers: { tenant: 'a' } });
  const dead = await peer.take(`${queue}.dead`);
  await context.drained();

  assert.equal(dead.content.toString(), '{"nested":true}');
  assert.equal(dead.properties.contentType, 'application/json');
  assert.equal(dead.properties.messageId, 'deep');
  assert.match(dead.properties.headers?.['x-mf-error-message'], /^its headers cannot be read/);
  assert.equal(context.requests.length, 3);
  assert.deepEqual(context.requests.at(-1)?.headers, { tenant: 'a' });
  assert.deepEqual(context.failures, []);
  assert.equal(await peer.count(queue), 0);
});

function rejected(message: string): Ending {
  const error = { name: 'BadInputError', code: 'BAD_INPUT', message };
  return { kind: 'dead-letter', reason: 'rejected', attempt: 1, error, call: 'call' };
}

/** No client's own encoder gets this deep, so its frames are made by hand. */
async function sendNested(uri: string, queue: string, depth: number): Promise<void> {
  const body = Buffer.from('{"nested":true}');
  const publish = method(60, 40, Buffer.alloc(2), shortstr(''), shortstr(queue), Buffer.alloc(1));
  const frames = [frame(1, 1, publish), frame(2, 1, contentHeader(body.length, depth)), frame(3, 1, body)];
  await sendBytes(uri, [Buffer.concat(frames)]);
}

const withTypeHeadersAndId = 0x8000 | 0x2000 | 0x0080;

function contentHeader(bodySize: number, depth: number): Buffer {
  const start = Buffer.alloc(14);
  start.writeUInt16BE(60, 0);
  start.writeUInt32BE(bodySize, 8);
  start.writeUInt16BE(withTypeHeadersAndId, 12);
  const table = Buffer.concat([shortstr('deep'), arrays(depth)]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(table.length);
  return Buffer.concat([start, shortstr('application/json'), size, table, shortstr('deep')]);
}

/** `[[[...]]]`: each a tag, the size of what is in it, and that. */
function arrays(depth: number): Buffer {
  const bytes = Buffer.alloc(depth * 5);
  for (let at = 0; at < bytes.length; at += 5) {
    bytes.write('A', at);
    bytes.writeUInt32BE(bytes.length - at - 5, at + 1);
  }
  return bytes;
}
