import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { suite, test } from 'node:test';
import { startBroker } from '@micro-framework/broker';
import { type ConfirmChannel, connect } from 'amqplib';
import { confirmChannel, eventually, Inbox, publish } from '../support/broker-client.js';
import { dataFolder, hostBroker } from '../support/broker-process.js';

const kills = Number(process.env.DURABILITY_KILLS ?? 12);
const eachLifeConfirms = 40;

/** Recognisable, so that a damaged one is seen. */
function bodyOf(id: number): string {
  return `${id}:${String(id).repeat(40)}`;
}

/** Publishes without pause until the broker is gone; `confirmed` gets what it promised. */
function stream(ch: ConfirmChannel, from: number, confirmed: Set<number>): () => number {
  let next = from;
  let open = true;
  ch.on('close', () => {
    open = false;
  });
  const one = (): void => {
    if (!open) return;
    const id = next++;
    ch.sendToQueue('q', Buffer.from(bodyOf(id)), { persistent: true }, (error) => {
      if (!error) confirmed.add(id);
      if (open && !error) one();
    });
  };
  for (let at = 0; at < 20; at++) one();
  return () => next;
}

/** Snapshots are numbered as they are begun. */
function snapshotNumber(file: string): number {
  return Number(/^snapshot-(\d+)$/.exec(file)?.[1] ?? 0);
}

suite('a broker that is killed', () => {
  test(`loses nothing it confirmed, ${kills} times over`, { timeout: 120_000 }, async (t) => {
    const { storage, path } = dataFolder();
    const confirmed = new Set<number>();
    const acknowledged = new Set<number>();
    let first = 0;
    for (let life = 0; life < kills; life++) {
      const host = await hostBroker(t, { storage, compactAt: 10_000 });
      const model = await connect(host.url, { noDelay: true });
      model.on('error', () => {});
      const ch = await model.createConfirmChannel();
      ch.on('error', () => {});
      await ch.assertQueue('q', { durable: true });
      const consumer = await model.createChannel();
      consumer.on('error', () => {});
      await consumer.prefetch(10);
      await consumer.consume('q', (message) => {
        if (!message) return;
        acknowledged.add(Number.parseInt(String(message.content), 10));
        consumer.ack(message);
      });
      const before = confirmed.size;
      const nextId = stream(ch, first, confirmed);
      // Each life is killed at another moment of its work.
      await eventually('confirms', async () => confirmed.size >= before + eachLifeConfirms + (life % 17));

      const cut = new Promise((resolve) => model.once('close', resolve)); // an error comes before it
      await host.kill();
      await cut;
      first = nextId();
    }

    const rewritten = Math.max(0, ...readdirSync(path).map(snapshotNumber));
    t.diagnostic(`${rewritten} rewritings`);
    assert.ok(rewritten >= kills / 2, 'some of it happened while the journal was rewritten');
    const broker = await startBroker({ storage });
    t.after(() => broker.close());
    const ch = await confirmChannel(t, { url: broker.url as string });
    const left = (await broker.status()).queues[0]?.ready ?? 0;
    const inbox = await Inbox.open(ch, 'q', { noAck: true });
    await inbox.first(left);
    const found = new Set(inbox.bodies.map((body) => Number.parseInt(body, 10)));
    const damaged = inbox.bodies.filter((body) => body !== bodyOf(Number.parseInt(body, 10)));
    const lost = [...confirmed].filter((id) => !found.has(id) && !acknowledged.has(id));
    assert.deepEqual({ lost, damaged }, { lost: [], damaged: [] });
    assert.ok(confirmed.size >= kills * eachLifeConfirms);
  });
});

suite('a disk that is full', () => {
  test('is told of at the start', async (t) => {
    const { storage } = dataFolder();
    for (const thread of [true, false])
      await assert.rejects(hostBroker(t, { storage, thread }, 0), /BROKER_DATA_FULL/);

    const host = await hostBroker(t, { storage }, 100);

    await (await confirmChannel(t, host)).assertQueue('q', { durable: true });
  });

  test('means nacks, and nothing confirmed is lost', async (t) => {
    const { storage } = dataFolder();
    const host = await hostBroker(t, { storage, thread: false }, 100);
    const ch = await confirmChannel(t, host);
    await ch.assertQueue('q', { durable: true });
    const confirmed: string[] = [];
    let refused = 0;
    for (let at = 0; refused < 3; at++)
      await publish(ch, '', 'q', `${at}`.padEnd(2_000), { persistent: true }).then(
        () => confirmed.push(String(at)),
        () => refused++,
      );
    await publish(ch, '', 'q', 'not persistent');
    assert.deepEqual(host.complaints, ['BROKER_DATA_FULL']);
    host.child.kill('SIGTERM');
    const [code] = await once(host.child, 'close');
    assert.deepEqual(
      [code, host.complaints],
      [1, ['BROKER_DATA_FULL', 'BROKER_DATA_FULL']],
      'close tells, too',
    );

    const broker = await startBroker({ storage });
    t.after(() => broker.close());
    const again = await confirmChannel(t, { url: broker.url as string });
    const inbox = await Inbox.open(again, 'q', { noAck: true });
    await inbox.first(confirmed.length);
    assert.deepEqual(
      inbox.bodies.map((body) => body.trim()),
      confirmed,
    );
  });

  test('loses no message of a quorum queue, persistent or not', async (t) => {
    const { storage } = dataFolder();
    const host = await hostBroker(t, { storage });
    const ch = await confirmChannel(t, host);
    await ch.assertQueue('q', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await publish(ch, '', 'q', 'x', { persistent: false });
    await host.kill();

    const next = await hostBroker(t, { storage });

    const again = await confirmChannel(t, next);
    assert.equal((await again.checkQueue('q')).messageCount, 1);
  });
});
