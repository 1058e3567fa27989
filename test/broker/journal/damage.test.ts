import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { startBroker } from '@micro-framework/broker';
import { confirmChannel, publish } from '../../support/broker-client.js';
import { dataFolder } from '../../support/broker-process.js';
import { run } from '../../support/broker-run.js';
import { fileOf, payloadsOf } from '../../support/journal-file.js';
import { makeNamedPipe } from '../../support/named-pipe.js';

const persistent = { persistent: true };

suite('a journal', () => {
  test('cut off at any byte of its last batch, it keeps everything before', async (t) => {
    const { storage, path } = dataFolder();
    const file = join(path, 'journal-00000001');
    const sizes: number[] = [];
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      for (const body of ['one', 'two']) {
        await publish(ch, '', 'q', body, persistent);
        sizes.push(readFileSync(file).length);
      }
    });
    const whole = readFileSync(file);
    const [before, after] = sizes as [number, number];
    assert.ok(after - before > 30);

    for (let length = before; length < after; length++) {
      const torn = dataFolder();
      const tornFile = join(torn.path, 'journal-00000001');
      writeFileSync(tornFile, whole.subarray(0, length));
      await run({ storage: torn.storage }, async (broker) => {
        assert.equal((await broker.status()).queues[0]?.ready, 1, `cut at ${length}`);
      });
      truncateSync(tornFile, before);
    }
  });

  test('goes on after a torn tail as if it had not been', async (t) => {
    const { storage, path } = dataFolder();
    const fillQueue = (body: string): Promise<void> =>
      run({ storage }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await ch.assertQueue('q', { durable: true });
        await publish(ch, '', 'q', body, persistent);
      });
    await fillQueue('one');
    const file = join(path, 'journal-00000001');
    const sound = readFileSync(file);
    writeFileSync(file, Buffer.concat([sound, Buffer.from('mfj2 and then the power went')]));
    await run({ storage }, async () => {
      const bytes = readFileSync(file);
      assert.deepEqual(bytes.subarray(0, sound.length), sound);
      assert.ok(!bytes.includes('the power went'));
    });

    await fillQueue('two');

    await run({ storage }, async (broker) => assert.equal((await broker.status()).queues[0]?.ready, 2));
  });

  for (const [what, damage] of [
    ['in a message', (bytes: Buffer) => flip(bytes, bytes.indexOf('two'))],
    ['in the length of a batch', (bytes: Buffer) => flip(bytes, 4)],
    ['in the first byte', (bytes: Buffer) => flip(bytes, 0)],
    ['by a sector of zeros', (bytes: Buffer) => bytes.fill(0, 0, 64)],
    ['by something else in its place', (bytes: Buffer) => bytes.fill('another program ')],
  ] as const)
    test(`damaged ${what}, it says so instead of forgetting in silence`, async (t) => {
      const { storage, path } = dataFolder();
      await run({ storage }, async (broker) => {
        const ch = await confirmChannel(t, broker);
        await ch.assertQueue('q', { durable: true });
        for (const body of ['one', 'two', 'three']) await publish(ch, '', 'q', body, persistent);
      });
      const file = join(path, 'journal-00000001');
      const bytes = readFileSync(file);
      damage(bytes);
      writeFileSync(file, bytes);

      await assert.rejects(startBroker({ storage }), {
        code: 'BROKER_DATA_DAMAGED',
        message: /journal-00000001/,
      });
      assert.deepEqual(readFileSync(file), bytes, 'and nothing is cut off');
    });

  test('that holds a record which makes no sense says where, whatever its checksum says', async (t) => {
    const { storage, path } = dataFolder();
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      await publish(ch, '', 'q', 'one', persistent);
    });
    const file = join(path, 'journal-00000001');
    const payloads = payloadsOf(readFileSync(file));
    const at = payloads.findIndex((payload) => payload.includes('one'));
    for (const nonsense of [Buffer.from([200]), (payloads[at] as Buffer).subarray(0, -1)]) {
      const bytes = fileOf(payloads.with(at, nonsense));
      writeFileSync(file, bytes);

      await assert.rejects(startBroker({ storage }), {
        code: 'BROKER_DATA_DAMAGED',
        message: new RegExp(`journal-00000001 is damaged at byte ${fileOf(payloads.slice(0, at)).length}`),
      });
      assert.deepEqual(readFileSync(file), bytes, 'and nothing is cut off');
    }
  });

  test('takes no message for a batch of its own, not even a piece of a journal', async (t) => {
    const { storage, path } = dataFolder();
    const file = join(path, 'journal-00000001');
    await run({ storage }, async (broker) => {
      const ch = await confirmChannel(t, broker);
      await ch.assertQueue('q', { durable: true });
      await publish(ch, '', 'q', 'one', persistent);
      await publish(ch, '', 'q', readFileSync(file), persistent);
    });
    const whole = readFileSync(file);
    const tail = whole.indexOf(whole.subarray(0, 16), 1);
    assert.ok(tail > 0, 'the second message holds the first bytes of the journal');
    // As a crash in the middle of that batch would: its end is missing.
    writeFileSync(file, whole.subarray(0, whole.lastIndexOf('one')));

    await run({ storage }, async (broker) => assert.equal((await broker.status()).queues[0]?.ready, 1));
  });

  test('cannot be read where its name is that of a folder, and says so', async () => {
    const { storage, path } = dataFolder();
    mkdirSync(join(path, 'journal-00000001'));

    await assert.rejects(startBroker({ storage }), {
      code: 'BROKER_DATA_NOT_WRITABLE',
      message: /journal-00000001: it is not a file/,
    });
  });

  test('is not waited for where its name is that of a pipe', async () => {
    const { storage, path } = dataFolder();
    makeNamedPipe(join(path, 'journal-00000001'));

    await assert.rejects(startBroker({ storage }), { code: 'BROKER_DATA_NOT_WRITABLE' });
  });
});

function flip(bytes: Buffer, at: number): void {
  bytes[at] = (bytes[at] as number) ^ 1;
}
