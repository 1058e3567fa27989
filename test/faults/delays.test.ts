import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { headerNames } from '@micro-framework/amqp';
import { waitGrid } from '@micro-framework/amqp/internal';
import { bootstrap, type Ending } from '@micro-framework/core';
import type { ConsumeMessage } from 'amqplib';
import { json, openPeer, type Peer } from '../support/amqp-peer.js';
import { brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import { succeeded } from '../support/fake-context.js';
import { listen } from '../support/listen.js';
import { produce } from '../support/producing.js';
import { intervals, type Note, PostModule } from './fixtures/post-service.js';

// How late is too late is a matter of the machine: in `npm test` it is only sure that nothing comes too early, and that
// nothing waits behind something longer. `npm run test:faults` sets what is promised, and allows the machine nothing.
const messages = Number(process.env.FAULTS_DELAYED ?? 1_000);
// A delayed event goes through several queues: it is for scheduling, and costs the broker ten times a retry.
const events = Math.ceil(messages / 5);
const mostLate = Number(process.env.FAULTS_DELAYED_LATE ?? 20_000);
const mostLateEvents = Number(process.env.FAULTS_SCHEDULED_LATE ?? 20_000);
/** Milliseconds of the longest delay. */
const longest = Number(process.env.FAULTS_LONGEST_DELAY ?? 2_500);
const mostLateRetry = Number(process.env.FAULTS_RETRY_LATE ?? 20_000);
// What is measured has the machine for itself.
const isMeasured = process.env.FAULTS_DELAYED_LATE !== undefined;
// Where the clock of the broker and ours round differently.
const tick = 2;

for (const broker of brokers)
  describe(`delays on ${broker.name}`, { concurrency: !isMeasured }, () => {
    test('five retries come each on time, counted, then onFailure, then the dead letter', async (t) => {
      const { uri, unique } = await broker.open();
      const peer = await openPeer(t, uri);
      const serviceName = unique('post');
      const runner = await bootstrap(PostModule, {
        amqpUri: uri,
        serviceName,
        maxWorkers: 1,
        logLevel: 'silent',
        signals: false,
      });
      t.after(() => runner.stop(1_000));
      const queue = `post.parcel__${serviceName}.Post.deliver`;
      const notes = await hear(peer, `${serviceName}.events`);
      const copies = await waiting(peer, queue);

      await peer.send(queue, { body: { n: 1 } });
      const dead = await eventually(
        () => peer.get(`${queue}.dead`).then((letter) => letter ?? assert.fail()),
        60_000,
      );

      await eventually(() => assert.equal(notes.length, intervals.length + 2));
      assert.deepEqual(
        notes.map(({ kind, retryCount }) => `${kind} ${retryCount}`),
        [...intervals.map((_, n) => `attempted ${n}`), 'attempted 5', 'returned 5'],
      );
      // As they are on the wire: the attempt that the next delivery is.
      assert.deepEqual(
        copies.map(({ fields, properties }) => [fields.exchange, properties.headers?.['x-mf-attempt']]),
        intervals.map((interval, index) => [`retry.${interval}`, index + 2]),
      );
      for (const [index, interval] of intervals.entries()) {
        const { at, lastRetry = Number.NaN } = notes[index + 1] as Note;
        const late = at - lastRetry - interval;
        t.diagnostic(`retry ${index + 1} after ${interval} ms: ${late} ms late`);
        assert.ok(late >= -tick && late <= mostLateRetry, `${late} ms late after ${interval}`);
      }
      const { [headerNames.attempt]: attempt, [headerNames.lastFailure]: buried } =
        dead.properties.headers ?? {};
      assert.equal(attempt, intervals.length + 1);
      assert.ok(buried >= (notes.at(-1)?.at ?? Number.NaN), 'onFailure comes before the dead letter');
    });

    test(`${messages} retries with delays of the grid, mixed in random order, wait for nobody but themselves`, async (t) => {
      const { uri, unique } = await broker.open();
      const peer = await openPeer(t, uri);
      const lateness: number[] = [];
      const { queue } = await listen(
        t,
        uri,
        { source: unique('shop'), prefetch: 200, backOff: { interval: () => 0 } },
        ({ attempt, messageId, lastRetry = Number.NaN }): Ending => {
          const delay = stepOf(Number(messageId));
          if (attempt === 1) return { kind: 'retry', delay, attempt: 2, error, call: 'c' };
          lateness.push(Date.now() - lastRetry - delay);
          return succeeded;
        },
      );

      await paced(messages, 250, (n) => peer.send(queue, { body: {}, messageId: String(n) }));
      await eventually(() => assert.equal(lateness.length, messages), 240_000);

      assert.ok(Math.min(...lateness) >= -tick, `${-Math.min(...lateness)} ms too early`);
      assertOnTime(t, lateness, mostLate);
    });

    test(`${events} events with delays to the millisecond, in random order, wait for nobody but themselves`, async (t) => {
      const { uri, unique } = await broker.open();
      const peer = await openPeer(t, uri);
      const serviceName = unique('shop');
      const producer = await produce(t, { amqpUri: uri, serviceName, delays: true });
      const { queue } = await peer.channel.assertQueue(unique('inbox'));
      await peer.channel.bindQueue(queue, `${serviceName}.events`, 'due');
      // Asked for, and taken by the broker: the wait begins in between.
      const asked = new Map<number, number>();
      const taken = new Map<number, number>();
      const earliness: number[] = [];
      const lateness: number[] = [];
      await peer.channel.consume(queue, (message) => {
        if (!message) return;
        const n = Number(message.content.toString());
        const due = Date.now() - delayOf(n);
        earliness.push((asked.get(n) ?? Number.NaN) - due);
        lateness.push(due - (taken.get(n) ?? due));
        peer.channel.ack(message);
      });

      await paced(events, 100, async (n) => {
        asked.set(n, Date.now());
        await producer.publish('due', n, { delay: delayOf(n) });
        taken.set(n, Date.now());
      });
      await eventually(() => assert.equal(lateness.length, events), 240_000);

      assert.ok(Math.max(...earliness) <= tick, `${Math.max(...earliness)} ms too early`);
      assertOnTime(t, lateness, mostLateEvents);
    });
  });

const error = { name: 'Error', message: 'not yet' };

/** Others would be rounded up to these, and all the more be in time. */
const steps = waitGrid.filter((step) => step <= longest);

/** One of the grid up to the longest, in no order. */
function stepOf(n: number): number {
  return steps[(n * 7_919) % steps.length] as number;
}

/** From a tenth of a second to the longest, in no order. */
function delayOf(n: number): number {
  return 100 + ((n * 7_919) % (longest - 100));
}

/** Sends them all, so many a second: how late they come back, not how many a second can, is the question. */
async function paced(count: number, aSecond: number, send: (n: number) => Promise<void>): Promise<void> {
  const from = performance.now();
  const sent: Promise<void>[] = [];
  while (sent.length < count) {
    const due = Math.min(count, ((performance.now() - from) / 1_000) * aSecond + 1);
    while (sent.length < due) sent.push(send(sent.length));
    await wait(10);
  }
  await Promise.all(sent);
}

function assertOnTime(t: TestContext, lateness: readonly number[], most: number): void {
  const sorted = [...lateness].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  t.diagnostic(
    `late by p50 ${at(0.5)}, p99 ${at(0.99)}, at most ${at(1)} ms; ` +
      `this process waited up to ${Math.round(machineDelay())} ms for a core`,
  );
  assert.ok(at(0.99) <= most, `p99 is ${at(0.99)} ms late`);
}

const resolution = 10;
const waits = monitorEventLoopDelay({ resolution });
waits.enable();

/** Milliseconds that we ourselves had to wait for a core, one time in a hundred, since this was last asked. */
function machineDelay(): number {
  const delay = Math.max(0, waits.percentile(99) / 1e6 - resolution);
  waits.reset();
  return delay;
}

async function hear(peer: Peer, exchange: string): Promise<Note[]> {
  const notes: Note[] = [];
  const { queue } = await peer.channel.assertQueue('', { exclusive: true });
  await peer.channel.bindQueue(queue, exchange, 'noted');
  await peer.channel.consume(queue, (message) => message && notes.push(json(message) as Note), {
    noAck: true,
  });
  return notes;
}

/** The copies of a queue's messages that wait for their next attempt, as they are sent from now on. */
async function waiting(peer: Peer, home: string): Promise<ConsumeMessage[]> {
  const copies: ConsumeMessage[] = [];
  const { queue } = await peer.channel.assertQueue('', { exclusive: true });
  for (const interval of intervals) await peer.channel.bindQueue(queue, `retry.${interval}`, '');
  const take = (message: ConsumeMessage | null): void => {
    if (message?.fields.routingKey === home) copies.push(message);
  };
  await peer.channel.consume(queue, take, { noAck: true });
  return copies;
}
