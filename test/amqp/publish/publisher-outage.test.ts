import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  ConnectionLostError,
  MessageTooLargeError,
  PublishOverflowError,
  PublishRefusedError,
  PublishTimedOutError,
} from '@micro-framework/amqp';
import {
  Connection,
  type EventEffect,
  ProducerMain,
  type Publication,
  Publisher,
  type PublisherLimits,
} from '@micro-framework/amqp/internal';
import { type Broker, type BrokerOptions, startBroker } from '@micro-framework/broker';
import type { CallInfo, Config } from '@micro-framework/core';
import { json, openPeer, type Peer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { fakeContext } from '../../support/fake-context.js';

// A publisher whose channel comes and goes as the test says.

interface Publishing {
  readonly broker: Broker;
  readonly peer: Peer;
  readonly publisher: Publisher;
  readonly queue: string;
  /** Connects it, on a connection of its own each time. */
  connect(): Promise<Connection>;
}

async function publishing(
  t: TestContext,
  limits: Partial<PublisherLimits> = {},
  options: BrokerOptions = {},
): Promise<Publishing> {
  const broker = await startBroker(options);
  t.after(() => broker.close());
  const uri = broker.url as string;
  const peer = await openPeer(t, uri);
  await peer.channel.assertQueue('q', { durable: true });
  const publisher = new Publisher({ timeout: 10_000, messages: 1_000, bytes: 1_000_000, ...limits });
  const connect = async (): Promise<Connection> => {
    const connection = await Connection.open({ uri, heartbeat: 10, name: 'test' });
    t.after(() => connection.close());
    const link = await connection.openConfirmChannel();
    publisher.attach(link);
    void link.closed.then(async (fault) =>
      publisher.detach({ fault, cause: fault ?? (await connection.ended) }),
    );
    return connection;
  };
  t.after(() => publisher.end(new ConnectionLostError('the test is over')));
  return { broker, peer, publisher, queue: 'q', connect };
}

function message(n: number, size = 0): Publication {
  const body = Buffer.from(JSON.stringify({ n, filler: 'x'.repeat(size) }));
  return { exchange: '', routingKey: 'q', body, properties: { messageId: `m${n}`, mandatory: true } };
}

/** How a publish ends, noted as it does. */
function watch(publishing: Promise<void>): { readonly end: () => 'open' | 'confirmed' | Error } {
  let end: 'open' | 'confirmed' | Error = 'open';
  publishing.then(
    () => {
      end = 'confirmed';
    },
    (error: Error) => {
      end = error;
    },
  );
  return { end: () => end };
}

async function ids(peer: Peer, queue: string): Promise<string[]> {
  const all: string[] = [];
  for (let next = await peer.get(queue); next; next = await peer.get(queue))
    all.push(next.properties.messageId);
  return all;
}

describe('while there is no broker', () => {
  test('messages wait, and go out in their order when there is one', async (t) => {
    const { publisher, peer, queue, connect } = await publishing(t);
    const waiting = [1, 2, 3].map((n) => publisher.publish(message(n)));

    await connect();
    await Promise.all(waiting);

    assert.deepEqual(await ids(peer, queue), ['m1', 'm2', 'm3']);
  });

  test('a message waits no longer than it is to, and then tells why', async (t) => {
    const { publisher, peer, queue, connect } = await publishing(t, { timeout: 150 });
    const early = publisher.publish(message(1));
    await assert.rejects(early, (error) => {
      assert.ok(error instanceof ConnectionLostError);
      assert.match(error.message, /not confirmed within 150 ms \(amqpPublishTimeout\).*no connection/);
      return true;
    });

    await connect();
    await publisher.publish(message(2));

    assert.deepEqual(
      await ids(peer, queue),
      ['m2'],
      'what was rejected before it was sent is not sent later',
    );
  });

  test('each message has a time of its own', async (t) => {
    const { publisher } = await publishing(t, { timeout: 300 });
    const first = watch(publisher.publish(message(1)));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const second = watch(publisher.publish(message(2)));

    await eventually(() => assert.ok(first.end() instanceof ConnectionLostError));
    assert.equal(second.end(), 'open');
    await eventually(() => assert.ok(second.end() instanceof ConnectionLostError));
    assert.equal(publisher.pending.messages, 0);
  });

  test('no more of them wait than may, in number', async (t) => {
    const { publisher, peer, queue, connect } = await publishing(t, { messages: 2 });
    const waiting = [1, 2].map((n) => publisher.publish(message(n)));

    await assert.rejects(publisher.publish(message(3)), (error) => {
      assert.ok(error instanceof PublishOverflowError);
      assert.match(error.message, /2 messages of \d+ bytes wait.*amqpMaxPending/);
      return true;
    });
    await connect();
    await Promise.all(waiting);
    await publisher.publish(message(4));

    assert.deepEqual(await ids(peer, queue), ['m1', 'm2', 'm4']);
  });

  test('headers count as well as bodies, whatever is in them', async (t) => {
    const { publisher } = await publishing(t, { bytes: 10_000 });
    const headers = { tenant: 'x'.repeat(5_000), tags: ['y'.repeat(2_000)], key: Buffer.alloc(1_000), n: 1 };
    const large = { ...message(1), properties: { headers } };
    const waiting = publisher.publish(large);
    waiting.catch(() => {});

    assert.ok(publisher.pending.bytes > 8_000);
    await assert.rejects(publisher.publish(large), PublishOverflowError);
  });

  test('no more of them wait than may, in bytes; one that is too large for all room goes alone', async (t) => {
    const { publisher, connect } = await publishing(t, { bytes: 2_000 });
    const large = publisher.publish(message(1, 5_000));

    await assert.rejects(publisher.publish(message(2)), PublishOverflowError);
    await connect();
    await large;
    await publisher.publish(message(3));

    assert.deepEqual(publisher.pending, { messages: 0, bytes: 0 });
  });

  test('one that is too large for all room is told that, and that others wait', async (t) => {
    const { publisher, connect } = await publishing(t, { bytes: 2_000 });
    const first = publisher.publish(message(1));

    await assert.rejects(publisher.publish(message(2, 5_000)), {
      code: 'PUBLISH_OVERFLOW',
      message:
        /with 50\d\d bytes it is larger than amqpMaxPendingBytes \(2000\) by itself.*; 1 messages of \d+ bytes wait/,
    });
    await connect();
    await first;
  });

  test('a message that waits while there is a connection, and no channel on it, is told so', async (t) => {
    await publishing(t); // something that keeps the process alive
    const publisher = new Publisher({ timeout: 100, messages: 10, bytes: 1_000 }, () => true);
    t.after(() => publisher.end(new ConnectionLostError('the test is over')));

    await assert.rejects(publisher.publish(message(1)), {
      message: /not confirmed within 100 ms.*a connection, but no channel for publishing yet/,
    });
  });
});

describe('what a handler emitted', () => {
  const effect = (n: number): EventEffect => ({
    event: 'q',
    exchange: '',
    body: String(n),
    contentType: 'application/json',
    messageId: `m${n}`,
  });
  const emitting = async (t: TestContext, config: Partial<Config>) => {
    const broker = await startBroker();
    t.after(() => broker.close());
    const peer = await openPeer(t, broker.url as string);
    await peer.channel.assertQueue('q', { durable: true });
    const context = fakeContext({ options: {}, config: { amqpUri: broker.url as string, ...config } });
    const main = new ProducerMain(context);
    t.after(() => context.stopShared());
    await context.setupShared();
    const call: CallInfo = { id: '1', callIdStack: ['1'], route: '0/0/handle', attempt: 1 };
    const commit = (from: number, count: number): Promise<void> =>
      main.commit(
        Array.from({ length: count }, (_, at) => effect(from + at)),
        call,
      );
    return { broker, peer, main, commit };
  };

  test('is published in its order, and waits for room where that is more than may wait at once', async (t) => {
    const { peer, commit } = await emitting(t, { amqpMaxPending: 10 });

    await Promise.all([commit(0, 300), commit(1_000, 300), commit(2_000, 1)]);

    const all = (await ids(peer, 'q')).map((id) => Number(id.slice(1)));
    const first = all.filter((n) => n < 1_000);
    assert.deepEqual(
      first,
      Array.from({ length: 300 }, (_, n) => n),
    );
    assert.equal(all.length, 601);
    assert.ok(all.indexOf(2_000) < 100, 'the short one has not waited for the long ones');
  });

  test('leaves room for those who cannot wait', async (t) => {
    const { broker, main, commit, peer } = await emitting(t, { amqpMaxPending: 10 });
    await broker.faults.withholdConfirms(true);

    const long = commit(0, 20);
    const now = main.answer(effect(100), undefined);
    await eventually(async () => assert.equal(await peer.count('q'), 6));
    await broker.faults.withholdConfirms(false);

    await Promise.all([long, now]);
  });

  test('and finds no room for as long as a message may wait, is told so', async (t) => {
    const { broker, main, commit } = await emitting(t, { amqpMaxPending: 2, amqpPublishTimeout: 300 });
    await broker.faults.withholdConfirms(true);
    const refusals = [
      assert.rejects(main.answer(effect(0), undefined), PublishTimedOutError),
      assert.rejects(commit(1, 1), PublishOverflowError),
    ];
    // Takes the other half, and has it for longer than there is patience.
    await new Promise((resolve) => setTimeout(resolve, 150));
    refusals.push(assert.rejects(main.answer(effect(2), undefined), PublishTimedOutError));

    await Promise.all(refusals);
  });
});

describe('when the connection is lost', () => {
  test('what was not confirmed is published again, before all else, and resolves once', async (t) => {
    const { publisher, broker, peer, queue, connect } = await publishing(t);
    const first = await connect();
    await broker.faults.withholdConfirms(true);
    const sent = [1, 2].map((n) => publisher.publish(message(n)));
    await eventually(async () => assert.equal(await peer.count(queue), 2));

    await first.close();
    const later = publisher.publish(message(3));
    await broker.faults.withholdConfirms(false);
    await connect();
    await Promise.all([...sent, later]);

    assert.deepEqual(await ids(peer, queue), ['m1', 'm2', 'm1', 'm2', 'm3']);
  });

  test('and the broker blames a message for it, that one alone is refused', async (t) => {
    const { publisher, broker, connect } = await publishing(t);
    await connect();
    await broker.faults.withholdConfirms(true);
    const ends = [1, 2, 3].map((n) => watch(publisher.publish(message(n))));

    // The first time nobody knows which, the second which of a group; then they go one at a time.
    publisher.detach({ fault: new Error('UNEXPECTED_FRAME') });
    await connect();
    publisher.detach({ fault: new Error('UNEXPECTED_FRAME') });
    await connect();
    publisher.detach({ fault: new Error('UNEXPECTED_FRAME') });
    await broker.faults.withholdConfirms(false);
    await connect();
    await publisher.idle();
    await new Promise(setImmediate);

    const [first, ...others] = ends.map(({ end }) => end());
    assert.ok(first instanceof PublishRefusedError);
    assert.match(first.message, /UNEXPECTED_FRAME/);
    assert.deepEqual(others, ['confirmed', 'confirmed']);
  });
});

describe('a message that is larger than the broker takes', () => {
  test('is refused by itself, as soon as the broker says so, and the next one without asking', async (t) => {
    const { publisher, peer, queue, connect } = await publishing(t, {}, { maxMessageBytes: 10_000 });
    await connect();
    const before = publisher.publish(message(1));
    const large = publisher.publish(message(2, 20_000));
    const after = publisher.publish(message(3));

    await assert.rejects(large, (error) => {
      assert.ok(error instanceof MessageTooLargeError);
      assert.match(error.message, /queue q has 20\d\d\d bytes, and the broker takes 10000/);
      return true;
    });
    const connection = await connect();
    await Promise.all([before, after]);
    await assert.rejects(publisher.publish(message(4, 20_000)), MessageTooLargeError);
    await publisher.publish(message(5));

    assert.deepEqual([...new Set(await ids(peer, queue))].sort(), ['m1', 'm3', 'm5']);
    assert.equal(connection.isOpen, true);
  });

  test('is offered to the next broker once more', async (t) => {
    const { publisher, connect } = await publishing(t, {}, { maxMessageBytes: 10_000 });
    await connect();
    await assert.rejects(publisher.publish(message(1, 20_000)), MessageTooLargeError);

    publisher.detach({ cause: new Error('the connection was lost') });
    const again = assert.rejects(publisher.publish(message(2, 20_000)), MessageTooLargeError);

    assert.equal(publisher.pending.messages, 1);
    await connect();
    await again;
  });
});

describe('while the broker', () => {
  test('takes nothing, messages wait and are not sent', async (t) => {
    const { publisher, peer, queue, connect } = await publishing(t, { timeout: 500 });
    await connect();

    publisher.block('low on memory');
    const late = publisher.publish(message(1));
    await assert.rejects(late, (error) => {
      assert.ok(error instanceof PublishTimedOutError);
      assert.match(error.message, /takes no messages for now \(low on memory\)/);
      return true;
    });
    const waiting = publisher.publish(message(2));
    publisher.block(undefined);
    await waiting;

    assert.deepEqual(await ids(peer, queue), ['m2']);
  });

  test('confirms nothing, all the others are sent all the same: none waits for the one before', async (t) => {
    const { publisher, broker, peer, queue, connect } = await publishing(t);
    await connect();
    await broker.faults.withholdConfirms(true);

    const ends = Array.from({ length: 100 }, (_, n) => watch(publisher.publish(message(n))));
    await eventually(async () => assert.equal(await peer.count(queue), 100));

    assert.ok(ends.every(({ end }) => end() === 'open'));
    await broker.faults.withholdConfirms(false);
    await eventually(() => assert.ok(ends.every(({ end }) => end() === 'confirmed')));
  });

  test('confirms nothing, a message is given up, and its late confirm changes nothing', async (t) => {
    const { publisher, broker, connect } = await publishing(t, { timeout: 200 });
    await connect();
    await broker.faults.withholdConfirms(true);

    const late = watch(publisher.publish(message(1)));
    await eventually(() => assert.ok(late.end() instanceof PublishTimedOutError));
    await broker.faults.withholdConfirms(false);
    await publisher.publish(message(2));

    assert.ok(late.end() instanceof PublishTimedOutError);
    assert.match(String(late.end()), /no confirm has come/);
  });

  test('confirms nothing for long, the channel is given up, as the driver would remember all that was', async (t) => {
    const { publisher, broker, peer, queue, connect } = await publishing(t, {
      timeout: 50,
      messages: 20_000,
    });
    const connection = await connect();
    const link = await connection.openConfirmChannel();
    publisher.attach(link);
    await broker.faults.withholdConfirms(true);

    const given = Array.from({ length: 10_000 }, (_, n) => publisher.publish(message(n)));
    const ends = await Promise.allSettled(given);
    await link.closed;

    assert.ok(ends.every(({ status }) => status === 'rejected'));
    assert.ok((await peer.count(queue)) > 0);
    assert.ok(json((await peer.get(queue)) as never));
  });
});
