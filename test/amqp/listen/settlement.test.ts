import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { headerNames } from '@micro-framework/amqp';
import { type EventInput, session } from '@micro-framework/amqp/internal';
import { startBroker } from '@micro-framework/broker';
import type { CallRequest, Ending } from '@micro-framework/core';
import { json, openPeer, type Peer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { succeeded } from '../../support/fake-context.js';
import { listen } from '../../support/listen.js';
import { openVhost } from '../../support/rabbitmq.js';

const error = { name: 'TypeError', message: 'no stock', code: 'E_STOCK' };

function retry(attempt: number, delay: number): Ending {
  return { kind: 'retry', delay, attempt, error, call: `call-before-attempt-${attempt}` };
}

function deadLetter(attempt: number): Ending {
  return { kind: 'dead-letter', reason: 'failed', attempt, error, call: `call-of-attempt-${attempt}` };
}

describe('a delivery whose call', () => {
  test('succeeded is acknowledged', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue, consumer } = await listen(t, uri, { source: unique('shop') });

    await peer.publish(`${unique('shop')}.events`, 'placed', { body: { n: 1 } });
    await eventually(() => assert.equal(context.requests.length, 1));
    await context.drained();
    await consumer.stop();
    await context.stopShared();

    assert.equal(await peer.count(queue), 0);
    assert.equal(context.requests[0]?.attempt, 1);
  });

  test('is handed over as bytes that own their memory: a view would take other messages with it', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(t, uri, { source: unique('shop') });

    for (let n = 0; n < 10; n++) await peer.send(queue, { body: { n: `\u00e9${n}` } });
    await eventually(() => assert.equal(context.requests.length, 10));

    for (const { input } of context.requests) {
      const { body } = input as EventInput;
      assert.ok(body instanceof Uint8Array);
      assert.equal(body.buffer.byteLength, Buffer.byteLength('{"n":"\u00e91"}'));
    }
  });

  test('is handed over as text where all of it is ASCII', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(t, uri, { source: unique('shop') });

    await peer.send(queue, { body: { n: 1 } });
    await eventually(() => assert.equal(context.requests.length, 1));

    const inputs = context.requests.map(({ input }) => input as EventInput);
    assert.deepEqual(
      inputs.map(({ body }) => body),
      ['{"n":1}'],
    );
  });

  test('is acknowledged without a pause on the wire', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const messages = 40;
    let begin = (): void => {};
    let turn: Promise<unknown> = new Promise<void>((resolve) => {
      begin = resolve;
    });
    // One after the other: published and confirmed, then acknowledged, to which the broker does not answer.
    const { context, queue } = await listen(t, uri, { source: unique('shop'), prefetch: messages }, () => {
      const publication = { exchange: '', routingKey: 'nobody', body: Buffer.from('{}'), properties: {} };
      const mine = turn.then(() => context.shared(session).publish(publication));
      turn = mine.then(() => new Promise(setImmediate));
      return mine.then(() => succeeded);
    });
    for (let n = 0; n < messages; n++) await peer.send(queue, { body: { n } });
    await eventually(() => assert.equal(context.requests.length, messages));
    const from = Date.now();
    begin();
    await context.drained();

    // With Nagle's algorithm each takes 40 ms.
    assert.ok(Date.now() - from < messages * 20, `${Date.now() - from} ms`);
  });

  test('is to be tried again comes back after the delay, with its count and its body untouched', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const came: { at: number; attempt: number | undefined }[] = [];
    const { context, queue } = await listen(
      t,
      uri,
      { source: unique('shop'), backOff: { interval: { type: 'linear', initial: 150 }, maxRetries: 2 } },
      ({ attempt = 1 }) => {
        came.push({ at: Date.now(), attempt });
        return attempt <= 2 ? retry(attempt + 1, 150 * attempt) : deadLetter(attempt);
      },
    );
    const body = '{ "n" : 1 }';

    await peer.publish(`${unique('shop')}.events`, 'placed', {
      body,
      messageId: 'm1',
      headers: { tenant: 'a' },
      expiration: 60_000,
    });
    const dead = await peer.take(`${queue}.dead`);

    assert.deepEqual(
      came.map(({ attempt }) => attempt),
      [1, 2, 3],
    );
    const [first = 0, second = 0, third = 0] = came.map(({ at }) => at);
    assert.ok(second - first >= 145 && second - first < 450, `after ${second - first} ms`);
    assert.ok(third - second >= 295 && third - second < 600, `after ${third - second} ms`);
    assert.equal(dead.content.toString(), body);
    assert.equal(dead.properties.messageId, 'm1');
    assert.equal(dead.properties.expiration, undefined);
    assert.equal(dead.properties.deliveryMode, 2);
    const {
      [headerNames.firstFailure]: firstFailure,
      [headerNames.lastFailure]: lastFailure,
      ...headers
    } = dead.properties.headers ?? {};
    assert.ok(lastFailure > firstFailure);
    assert.deepEqual(headers, {
      tenant: 'a',
      [headerNames.attempt]: 3,
      [headerNames.reason]: 'failed',
      [headerNames.callId]: 'call-of-attempt-3',
      [headerNames.errorName]: 'TypeError',
      [headerNames.errorCode]: 'E_STOCK',
      [headerNames.errorMessage]: 'no stock',
      [headerNames.originExchange]: `${unique('shop')}.events`,
      [headerNames.originRoutingKey]: 'placed',
      [headerNames.originQueue]: queue,
    });
    assert.equal(typeof context.requests[1]?.lastRetry, 'number');
    const { headers: between, messageId } = context.requests[1] as CallRequest;
    assert.equal(between?.[headerNames.callId], 'call-before-attempt-2');
    assert.equal(messageId, 'm1');
    await context.drained();
    assert.deepEqual(context.lines, [
      {
        level: 'warn',
        fields: { call: 'call-of-attempt-3', messageId: 'm1', queue, to: `${queue}.dead`, reason: 'failed' },
        text: 'a message went to the dead letters',
      },
    ]);
    assert.equal(await peer.count(queue), 0);
  });

  test('has an expiration waits its full delay, and does not vanish from the dead letters', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const came: number[] = [];
    const { queue } = await listen(
      t,
      uri,
      { source: unique('shop'), backOff: { interval: 500 } },
      ({ input }) => {
        came.push(Date.now());
        return json({ content: Buffer.from((input as EventInput).body) }) === 'dead' || came.length > 2
          ? deadLetter(1)
          : retry(2, 500);
      },
    );

    await peer.send(queue, { body: '"dead"', expiration: 200 });
    const dead = await peer.take(`${queue}.dead`);
    await peer.send(queue, { body: '"again"', expiration: 200 });
    await eventually(() => assert.equal(came.length, 3));

    assert.equal(dead.properties.expiration, undefined);
    const [, first = 0, second = 0] = came;
    assert.ok(second - first >= 495, `after ${second - first} ms`);
  });

  test('is to be tried again at once does not go through a wait queue, and is counted', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(
      t,
      uri,
      { source: unique('shop'), backOff: { interval: 0 } },
      ({ attempt = 1 }) => (attempt < 4 ? retry(attempt + 1, 0) : succeeded),
    );

    await peer.send(queue, { body: {} });
    await eventually(() => assert.equal(context.requests.length, 4));
    await context.drained();

    assert.deepEqual(
      context.requests.map(({ attempt }) => attempt),
      [1, 2, 3, 4],
    );
    await assert.rejects(peer.channel.checkExchange('retry.0'));
  });

  test('a shorter wait is not held up by longer ones', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const delays = [2_000, 100, 1_000, 500, 200];
    const back: number[] = [];
    const { queue } = await listen(
      t,
      uri,
      { source: unique('shop'), backOff: { interval: () => 0 } },
      ({ attempt, input }) => {
        const { delay } = json({ content: Buffer.from((input as EventInput).body) }) as {
          delay: number;
        };
        if (attempt === 1) return retry(2, delay);
        back.push(delay);
        return succeeded;
      },
    );

    for (const delay of delays) await peer.send(queue, { body: { delay } });
    await eventually(() => assert.equal(back.length, delays.length));

    assert.deepEqual(back, [100, 200, 500, 1_000, 2_000]);
  });

  test('was refused for want of room comes again, and not at full speed', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(t, uri, { source: unique('shop') }, () =>
      context.requests.length < 3 ? { kind: 'requeue', reason: 'full' } : succeeded,
    );
    const from = Date.now();

    await peer.send(queue, { body: {} });
    await eventually(() => assert.equal(context.requests.length, 3));

    assert.ok(Date.now() - from >= 1_900);
  });

  test('was refused because the service stops goes back, once, for the others', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, consumer, queue } = await listen(
      t,
      uri,
      { source: unique('shop'), prefetch: 5 },
      () => ({
        kind: 'requeue',
        reason: 'stopping',
      }),
    );

    for (let n = 0; n < 20; n++) await peer.send(queue, { body: { n } });
    await eventually(() => assert.equal(context.requests.length, 5));
    const from = Date.now();
    await consumer.stop();
    await context.drained();
    assert.ok(Date.now() - from < 950, 'it waited as for want of room');

    await eventually(async () => assert.equal(await peer.count(queue), 20));
    assert.equal(context.requests.length, 5);
  });

  test('holds headers that cannot be sent again is dead-lettered without them, and told so', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { queue, context } = await listen(t, uri, { source: unique('shop') }, () => deadLetter(1));

    await peer.send(queue, { body: { n: 1 }, headers: { odd: unencodable() } });
    const dead = await peer.take(`${queue}.dead`);

    assert.deepEqual(json(dead), { n: 1 });
    assert.match(dead.properties.headers?.[headerNames.headersLost], /encode/);
    assert.ok(context.logged.some((line) => line.includes('without its original headers')));
  });

  test('has properties that can be read and not written is moved without them', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { queue } = await listen(t, uri, { source: unique('shop') }, () => deadLetter(1));
    const longest = 'C'.repeat(255);
    const time = Buffer.from([0, 0, 0, 1, 0x23, 0x45, 0x67, 0x89]);
    replaceOnTheWire(peer, Buffer.from(longest), Buffer.alloc(255, 0xff));
    replaceOnTheWire(peer, time, Buffer.alloc(8, 0xff));

    await peer.send(queue, {
      body: { n: 1 },
      messageId: 'm1',
      correlationId: longest,
      timestamp: Number(time.readBigUInt64BE()),
    });
    const dead = await peer.take(`${queue}.dead`);

    assert.equal(dead.properties.messageId, 'm1');
    assert.equal(dead.properties.correlationId, undefined);
    assert.equal(dead.properties.timestamp, undefined);
  });

  test('of 10 MB is moved whole', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { queue } = await listen(
      t,
      uri,
      { source: unique('shop'), backOff: { interval: 60 } },
      ({ attempt = 1 }) => (attempt === 1 ? retry(2, 60) : deadLetter(2)),
    );
    const body = Buffer.alloc(10 * 1024 * 1024, 'x');

    await peer.send(queue, { body });
    const dead = await peer.take(`${queue}.dead`);

    assert.ok(dead.content.equals(body));
  });

  test('whose dead-letter queue was deleted is moved to a new one', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(t, uri, { source: unique('shop') }, () => deadLetter(1));
    await peer.channel.deleteQueue(`${queue}.dead`);

    await peer.send(queue, { body: { n: 1 } });
    await eventually(() => assert.ok(context.logged.includes('a message went to the dead letters')));
    const dead = await peer.take(`${queue}.dead`);

    assert.deepEqual(json(dead), { n: 1 });
    assert.equal(context.requests.length, 1);
    assert.ok(context.logged.includes('a queue of this listener is gone: it is declared again'));
  });

  test('whose wait queue was deleted waits in a new one', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(
      t,
      uri,
      { source: unique('shop'), backOff: { interval: 170, maxRetries: 1 } },
      ({ attempt = 1 }) => (attempt === 1 ? retry(2, 170) : succeeded),
    );
    await peer.channel.deleteQueue('retry.170');

    await peer.send(queue, { body: { n: 1 } });
    await eventually(() => assert.equal(context.requests.length, 2));

    assert.equal(context.requests[1]?.attempt, 2);
  });

  test('whose copy the broker refuses is kept, and only the copy is tried again', async (t) => {
    const broker = await startBroker();
    t.after(() => broker.close());
    const uri = broker.url as string;
    const peer = await openPeer(t, uri);
    const { context, queue } = await listen(t, uri, {}, () => deadLetter(1));
    await peer.send(queue, { body: { n: 1 } });
    await broker.faults.nackPublishes(2);

    const dead = await peer.take(`${queue}.dead`);
    await context.drained();

    assert.deepEqual(json(dead), { n: 1 });
    assert.equal(context.requests.length, 1);
    assert.equal(await peer.count(queue), 0);
    const told = context.logged.filter((line) => line.includes('it is kept, and that is tried again'));
    assert.equal(told.length, 1);
  });

  test('whose copy the broker refuses goes back at a stop', async (t) => {
    const broker = await startBroker();
    t.after(() => broker.close());
    const uri = broker.url as string;
    const peer = await openPeer(t, uri);
    const { context, queue, consumer } = await listen(t, uri, {}, () => deadLetter(1));
    await peer.send(queue, { body: { n: 1 } });
    await broker.faults.nackPublishes(1_000);
    await eventually(() => assert.ok(context.logged.some((line) => line.includes('cannot be moved'))));

    await consumer.stop();
    await context.drained();

    await eventually(async () => assert.equal(await peer.count(queue), 1));
  });
});

/** A table the driver encodes, as it only inherits a field `!`, and then decodes into one that it does not. */
function unencodable(): object {
  return Object.create({ '!': 'nonsense', value: 1 });
}

/** Sends bytes in place of others that are as long: what the driver itself would not encode. */
function replaceOnTheWire({ channel }: Peer, bytes: Buffer, others: Buffer): void {
  const { stream } = channel.connection as unknown as { stream: { write(data: Buffer): boolean } };
  const write = stream.write.bind(stream);
  stream.write = (data) => {
    const at = data.indexOf(bytes);
    if (at >= 0) others.copy(data, at);
    return write(data);
  };
}
