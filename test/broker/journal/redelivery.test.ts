import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { channel, confirmChannel, next, publish } from '../../support/broker-client.js';
import { dataFolder } from '../../support/broker-process.js';
import { run } from '../../support/broker-run.js';

const persistent = { persistent: true };

suite('a journal', () => {
  test('knows after a clean stop what was delivered, and after a crash that it might have been', async (t) => {
    const { storage, path } = dataFolder();
    const crashed = dataFolder();
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      for (const body of 'ab') await publish(ch, '', 'q', body, persistent);
      await next(ch, 'q', false);
      copyFileSync(join(path, 'journal-00000001'), join(crashed.path, 'journal-00000001'));
    });
    const flags = (from: string): Promise<unknown> =>
      run({ storage: from }, async (broker) => {
        const ch = await channel(t, broker);
        return [await next(ch, 'q', false), await next(ch, 'q', false)].map(
          ({ fields }) => fields.redelivered,
        );
      });

    assert.deepEqual(await flags(storage), [true, false]);
    assert.deepEqual(await flags(crashed.storage), [true, true]);
  });

  test('that was stopped in good order knows of a crash later on', async (t) => {
    const { storage, path } = dataFolder();
    const crashed = dataFolder();
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      await publish(ch, '', 'q', 'a', persistent);
    });
    await run({ storage }, async (broker) => {
      const { fields } = await next(await channel(t, broker), 'q', false);
      assert.equal(fields.redelivered, false);
      copyFileSync(join(path, 'journal-00000001'), join(crashed.path, 'journal-00000001'));
    });

    await run({ storage: crashed.storage }, async (broker) => {
      const { fields } = await next(await channel(t, broker), 'q');
      assert.equal(fields.redelivered, true);
    });
  });

  test('remembers a crash through a life in which nothing was delivered', async (t) => {
    const { storage, path } = dataFolder();
    const crashed = dataFolder();
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      await publish(ch, '', 'q', 'a', persistent);
      copyFileSync(join(path, 'journal-00000001'), join(crashed.path, 'journal-00000001'));
    });
    await run({ storage: crashed.storage }, async () => {});

    await run({ storage: crashed.storage }, async (broker) => {
      const { fields } = await next(await channel(t, broker), 'q');
      assert.equal(fields.redelivered, true);
    });
  });

  test('counts returns across restarts, so that poison cannot start afresh', async (t) => {
    const { storage } = dataFolder();
    const settings = { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 } };
    for (let life = 0; life < 3; life++)
      await run({ storage }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await ch.assertQueue('q', settings);
        if (life === 0) await publish(ch, '', 'q', 'poison', persistent);
        const { properties } = await next(ch, 'q', false);
        assert.equal(properties.headers?.['x-delivery-count'], life);
      });

    await run({ storage }, async (broker) => {
      assert.equal((await broker.status()).queues[0]?.ready, 0);
    });
  });
});
