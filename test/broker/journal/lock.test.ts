import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { startBroker } from '@micro-framework/broker';
import { dataFolder } from '../../support/broker-process.js';
import { run } from '../../support/broker-run.js';

suite('the folder of a journal', () => {
  test('is held by one broker at a time, in this thread or another', async () => {
    const { storage } = dataFolder();
    for (const thread of [false, true])
      await run({ storage, thread }, async () => {
        await assert.rejects(startBroker({ storage }), { code: 'BROKER_DATA_IN_USE' });
        await assert.rejects(startBroker({ storage, thread: true }), { code: 'BROKER_DATA_IN_USE' });
      });

    const racers = await Promise.allSettled([1, 2, 3, 4].map(() => startBroker({ storage })));
    const winners = racers.flatMap((racer) => (racer.status === 'fulfilled' ? [racer.value] : []));
    await Promise.all(winners.map((winner) => winner.close()));
    assert.equal(winners.length, 1);
  });

  test('that cannot be written says where', async () => {
    const { path } = dataFolder();
    writeFileSync(join(path, 'file'), '');

    const storage = `file://${path}/file/data`;

    await assert.rejects(startBroker({ storage }), {
      code: 'BROKER_DATA_NOT_WRITABLE',
      message: /file\/data/,
    });
  });

  test('gives its folder free when the broker cannot start', async () => {
    const { storage } = dataFolder();
    await run({}, async ({ port }) => {
      await assert.rejects(startBroker({ storage, port, thread: false }), { code: 'BROKER_PORT_IN_USE' });
    });

    await run({ storage }, async (broker) => assert.deepEqual((await broker.status()).queues, []));
  });
});
