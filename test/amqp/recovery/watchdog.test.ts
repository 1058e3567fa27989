import assert from 'node:assert/strict';
import { afterEach, describe, type TestContext, test } from 'node:test';
import {
  Connection,
  RecoveringConnection,
  Subscription,
  Watchdog,
  type Watched,
} from '@micro-framework/amqp/internal';
import { type LogLine, recordingLog } from '../../core/support/log.js';
import { openPeer, type Peer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { openVhost } from '../../support/rabbitmq.js';
import { isMethod, openProxy } from '../../support/tcp-proxy.js';

interface Subscribed {
  readonly subscription: Subscription;
  readonly peer: Peer;
  readonly queue: string;
  readonly taken: string[];
  readonly lines: readonly LogLine[];
}

const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

/** A consumer that the broker's cancellations do not reach. */
async function subscribe(t: TestContext, isForAll = true): Promise<Subscribed> {
  const { uri, unique } = await openVhost();
  const queue = unique('watched');
  const peer = await openPeer(t, uri);
  const basicCancel = (frame: Buffer): boolean => isMethod(frame, 60, 30);
  const proxy = await openProxy(t, uri, { fromBroker: basicCancel });
  const { log, lines } = recordingLog();
  const connection = new RecoveringConnection({
    purpose: 'consuming',
    patience: 0,
    log,
    open: () => Connection.open({ uri: proxy.uri, heartbeat: 10, name: 'test' }),
  });
  // Before the line to the broker goes, which would be waited for.
  closings.push(() => connection.close());
  await connection.start();
  const taken: string[] = [];
  const subscription = new Subscription({
    connection,
    queue,
    prefetch: 1,
    priority: 0,
    isForAll,
    declare: async () => void (await peer.channel.assertQueue(queue, { durable: true })),
    take: (message, window) => {
      taken.push(message.content.toString());
      void window.ack(window.take(message));
    },
    ended: () => {},
    log,
  });
  await subscription.start();
  return { subscription, peer, queue, taken, lines };
}

describe('a consumer', () => {
  test('that the broker has lost without a word is made again after the second look', async (t) => {
    const { subscription, peer, queue, taken, lines } = await subscribe(t);
    await peer.channel.deleteQueue(queue);
    await peer.channel.assertQueue(queue, { durable: true });
    assert.equal(subscription.isActive, true, 'nobody has told it');

    await subscription.check();
    assert.equal(await peer.consumers(queue), 0, 'once is no proof');
    await subscription.check();
    await eventually(async () => assert.equal(await peer.consumers(queue), 1));
    await peer.send(queue, { body: 'hello' });
    await eventually(() => assert.deepEqual(taken, ['hello']));

    assert.deepEqual(subscription.health().details.vanished, 1);
    assert.ok(
      lines.some(({ level, text }) => level === 'error' && /lost a consumer without a word/.test(text)),
    );
  });

  test('whose queue has gone without a word is made again, with its queue', async (t) => {
    const { subscription, peer, queue } = await subscribe(t);
    await peer.channel.deleteQueue(queue);

    await subscription.check();
    await subscription.check();

    await eventually(async () => assert.equal(await peer.consumers(queue), 1));
  });

  /** Loses the consumer, but not that of another instance, which is busy while messages wait. */
  async function loseOneOfTwo({ peer, queue }: Subscribed): Promise<void> {
    await peer.channel.deleteQueue(queue);
    await peer.channel.assertQueue(queue, { durable: true });
    await peer.channel.prefetch(1);
    await peer.channel.consume(queue, () => {});
    for (const body of ['held', 'waits']) await peer.send(queue, { body });
    await eventually(async () => assert.equal(await peer.count(queue), 1));
  }

  test('that the broker has lost beside that of another instance is made again once messages wait', async (t) => {
    const subscribed = await subscribe(t);
    const { subscription, peer, queue, taken } = subscribed;
    await loseOneOfTwo(subscribed);

    await subscription.check();
    assert.equal(await peer.consumers(queue), 1, 'once is no proof');
    await subscription.check();

    await eventually(() => assert.deepEqual(taken, ['waits']));
    assert.equal(await peer.consumers(queue), 2);
    assert.deepEqual(subscription.health().details.vanished, 1);
    await subscription.stop();
    assert.equal(await peer.consumers(queue), 1);
  });

  test('that has to wait for its turn is left alone while messages wait', async (t) => {
    const subscribed = await subscribe(t, false);
    await loseOneOfTwo(subscribed);

    for (let look = 0; look < 3; look += 1) await subscribed.subscription.check();

    assert.equal(subscribed.subscription.health().details.vanished, 0);
  });

  test('that is well is left alone, however often it is looked at', async (t) => {
    const { subscription, peer, queue } = await subscribe(t);

    for (let look = 0; look < 5; look += 1) await subscription.check();

    assert.equal(subscription.health().details.subscribed, 1);
    assert.equal(await peer.consumers(queue), 1);
  });
});

describe('the watchdog', () => {
  function watched(name: string): Watched & { isActive: boolean; checked: number } {
    return {
      name,
      queue: `queue of ${name}`,
      isActive: true,
      checked: 0,
      async check() {
        this.checked += 1;
      },
    };
  }

  test('counts the consumers that should be there and those that are, and checks each', () => {
    const watchdog = new Watchdog(recordingLog().log);
    const [one, two] = [watched('one'), watched('two')];
    watchdog.add(one);
    watchdog.add(two);
    two.isActive = false;

    watchdog.look();

    assert.deepEqual([watchdog.expected, watchdog.active], [2, 1]);
    assert.deepEqual([one.checked, two.checked], [1, 1]);
  });

  test('does not ask once more while the last question is open: twice would be of one moment', async () => {
    const watchdog = new Watchdog(recordingLog().log);
    const one = watched('one');
    let answer = (): void => {};
    one.check = () => {
      one.checked += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    watchdog.add(one);

    watchdog.look();
    watchdog.look();
    assert.equal(one.checked, 1);
    answer();
    await new Promise(setImmediate);
    watchdog.look();

    assert.equal(one.checked, 2);
  });

  test('tells of those that are missing for a while, once, and again after all were there', () => {
    const { log, lines } = recordingLog();
    const watchdog = new Watchdog(log);
    const one = watched('one');
    watchdog.add(one);
    watchdog.add(watched('two'));

    one.isActive = false;
    watchdog.look();
    assert.equal(lines.length, 0, 'it may be coming back at this moment');
    for (let look = 0; look < 3; look += 1) watchdog.look();
    assert.deepEqual(
      lines.map(({ level, fields }) => ({ level, fields })),
      [{ level: 'error', fields: { expected: 2, active: 1, missing: ['one'] } }],
    );

    one.isActive = true;
    watchdog.look();
    one.isActive = false;
    for (let look = 0; look < 3; look += 1) watchdog.look();
    assert.equal(lines.length, 2);
  });
});
