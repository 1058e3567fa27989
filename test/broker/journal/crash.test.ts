import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { confirmChannel, Inbox, next, publish } from '../../support/broker-client.js';
import { dataFolder, hostBroker } from '../../support/broker-process.js';
import { run } from '../../support/broker-run.js';
import { fileOf, payloadsOf } from '../../support/journal-file.js';

const persistent = { persistent: true };

/** The batches of a life in which two messages came and the first of them was consumed. */
interface Batches {
  readonly started: Buffer;
  readonly queue: Buffer;
  readonly one: Buffer;
  readonly oneGone: Buffer;
  readonly two: Buffer;
}

async function batches(t: TestContext): Promise<Batches> {
  const { storage, path } = dataFolder();
  await run({ storage }, async (broker) => {
    const ch = await confirmChannel(t, broker);
    await ch.assertQueue('q', { durable: true });
    await publish(ch, '', 'q', 'one', persistent);
    await next(ch, 'q');
    await publish(ch, '', 'q', 'two', persistent);
  });
  const [started, queue, one, oneGone, two] = payloadsOf(readFileSync(join(path, 'journal-00000001')));
  const found = { started, queue, one, oneGone, two } as Batches;
  assert.ok(found.one.includes('one') && found.two.includes('two'));
  return found;
}

const half = (file: Buffer): Buffer => file.subarray(0, Math.ceil(file.length / 2));

suite('a crash in the middle of a rewriting', () => {
  for (const [moment, layout, left] of [
    [
      'before the new journal has a record',
      ({ started, queue, one, oneGone, two }: Batches) => ({
        'journal-00000001': fileOf([started, queue, one, oneGone, two]),
        'journal-00000002': fileOf([]),
      }),
      ['journal-00000001', 'journal-00000002'],
    ],
    [
      'before there is a snapshot',
      ({ started, queue, one, oneGone, two }: Batches) => ({
        'journal-00000001': fileOf([started, queue, one]),
        'journal-00000002': fileOf([oneGone, two]),
      }),
      ['journal-00000001', 'journal-00000002'],
    ],
    [
      'in the middle of a snapshot',
      ({ started, queue, one, oneGone, two }: Batches) => ({
        'journal-00000001': fileOf([started, queue, one, oneGone]),
        'journal-00000002': fileOf([two]),
        'snapshot-00000002.tmp': half(fileOf([queue])),
      }),
      ['journal-00000001', 'journal-00000002'],
    ],
    [
      'before what the snapshot replaces is removed',
      ({ started, queue, one, two }: Batches) => ({
        'journal-00000001': fileOf([started, queue, one]),
        'journal-00000002': fileOf([two]),
        'snapshot-00000001': fileOf([queue, one]),
        'snapshot-00000002': fileOf([queue]),
      }),
      ['journal-00000002', 'snapshot-00000002'],
    ],
    [
      'before some of what it replaces is removed',
      ({ started, queue, one, two }: Batches) => ({
        'journal-00000002': fileOf([started, queue, one]),
        'journal-00000003': fileOf([]),
        'snapshot-00000003': fileOf([queue, two]),
      }),
      ['journal-00000003', 'snapshot-00000003'],
    ],
  ] as const)
    test(`${moment} loses nothing, brings nothing back and leaves nothing behind`, async (t) => {
      const { storage, path } = dataFolder();
      for (const [name, file] of Object.entries(layout(await batches(t))))
        writeFileSync(join(path, name), file);

      await run({ storage }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await publish(ch, '', 'q', 'three', persistent);
      });

      assert.deepEqual(readdirSync(path).sort(), left);
      await run({ storage }, async (broker) => {
        const inbox = await Inbox.open(await confirmChannel(t, broker), 'q');
        await inbox.first(2);
        assert.deepEqual(inbox.bodies, ['two', 'three']);
        assert.equal((await broker.status()).queues[0]?.unsettled, 2);
      });
    });
});

suite('a snapshot that there is no room for', () => {
  test('leaves its room to the journal', async (t) => {
    const { storage, path } = dataFolder();
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      for (const queue of ['keep', 'drop']) await ch.assertQueue(queue, { durable: true });
      for (const queue of ['keep', 'drop', 'drop'])
        await publish(ch, '', queue, Buffer.alloc(300_000), persistent);
      await ch.purgeQueue('drop');
    });
    // It goes on in a file that may still grow.
    writeFileSync(join(path, 'journal-00000002'), '');
    const host = await hostBroker(t, { storage, thread: false, compactAt: 1 }, 100);
    const ch = await confirmChannel(t, host);

    await publish(ch, '', 'drop', 'small', persistent);

    host.child.kill('SIGTERM');
    const [code] = await once(host.child, 'close');
    assert.deepEqual([code, host.complaints], [0, []]);
    assert.deepEqual(readdirSync(path).sort(), ['journal-00000001', 'journal-00000002', 'journal-00000003']);
    await run({ storage }, async (broker) => {
      const { queues } = await broker.status();
      assert.deepEqual(
        queues.map(({ ready }) => ready),
        [1, 1],
      );
    });
  });
});
