import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { confirmChannel, eventually, Inbox, next, publish } from '../../support/broker-client.js';
import { dataFolder } from '../../support/broker-process.js';
import { run } from '../../support/broker-run.js';
import { payloadsOf } from '../../support/journal-file.js';

/** What the last record of a journal is after that. */
const stoppedInGoodOrder = 11;

const persistent = { persistent: true };

suite('a journal', () => {
  test('is rewritten when most of it is of no use, and loses nothing by that', async (t) => {
    const { storage, path } = dataFolder();
    await run({ storage, compactAt: 20_000 }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      await ch.bindQueue('q', 'amq.topic', 'k');
      await publish(ch, '', 'q', 'first', persistent);
      const held = await next(ch, 'q', false);
      assert.equal(String(held.content), 'first');
      for (let at = 0; at < 300; at++) {
        await publish(ch, 'amq.topic', 'k', `${at}:`.padEnd(500), persistent);
        ch.ack((await next(ch, 'q', false)) as never);
      }
      await publish(ch, '', 'q', 'last', persistent);
      await eventually('a snapshot', async () =>
        readdirSync(path).some((name) => /^snapshot-\d+$/.test(name)),
      );
    });

    const sizes = readdirSync(path).map((name) => readFileSync(join(path, name)).length);
    assert.ok(sizes.reduce((sum, size) => sum + size) < 60_000, `sizes ${sizes}`);
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await publish(ch, 'amq.topic', 'k', 'routed');
      const inbox = await Inbox.open(ch, 'q', { noAck: true });
      await inbox.first(3);
      assert.deepEqual(inbox.bodies, ['first', 'last', 'routed']);
    });
  });

  test('is not rewritten while it is closed, and ends with the record that says so', async (t) => {
    const { storage, path } = dataFolder();
    await run({ storage, compactAt: 1 }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true }); // from now on there is always more than is of use
    });

    const files = readdirSync(path).sort();
    const journals = files.filter((name) => name.startsWith('journal-'));
    const last = payloadsOf(readFileSync(join(path, journals.at(-1) as string))).at(-1);
    assert.deepEqual(last, Buffer.from([stoppedInGoodOrder]), `files ${files}`);
  });

  test('gives its folder free only when its rewriting is done', async (t) => {
    const { storage, path } = dataFolder();
    await run({ storage, compactAt: 1_000_000 }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      for (const queue of ['keep', 'drop']) await ch.assertQueue(queue, { durable: true });
      for (let at = 0; at < 100; at++)
        for (const queue of ['keep', 'drop', 'drop']) ch.sendToQueue(queue, Buffer.alloc(20_000), persistent);
      await ch.waitForConfirms();
      await ch.purgeQueue('drop');
    });

    assert.deepEqual(readdirSync(path).sort(), ['journal-00000002', 'snapshot-00000002']);
    await run({ storage }, async (broker) => {
      const { queues } = await broker.status();
      assert.deepEqual(
        queues.map(({ name, ready: waiting }) => [name, waiting]),
        [
          ['keep', 100],
          ['drop', 0],
        ],
      );
    });
  });
});
