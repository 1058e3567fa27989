import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { confirmChannel, eventually, Inbox, next, publish } from '../../support/broker-client.js';
import { dataFolder } from '../../support/broker-process.js';
import { run } from '../../support/broker-run.js';

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
});
