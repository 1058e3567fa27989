import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Broker, type BrokerError, openBroker, startBroker } from '@micro-framework/broker';
import type { ConfirmChannel } from 'amqplib';
import { confirmChannel, publish } from '../../support/broker-client.js';
import { dataFolder } from '../../support/broker-process.js';
import { eventually } from '../../support/eventually.js';

suite('a host whose folder was', () => {
  for (const [what, take] of [
    ['removed', (path: string) => rmSync(path, { recursive: true })],
    ['moved away', (path: string) => renameSync(path, aside(path))],
    ['replaced', replace],
    ['emptied', empty],
  ] as const) {
    test(`${what} confirms nothing that nobody would find again`, async (t) => {
      const { path, broker, ch, errors } = await start(t);
      take(path);

      await assert.rejects(publish(ch, '', 'q', 'lost', { persistent: true }));

      assert.deepEqual(
        errors.map(({ code }) => code),
        ['BROKER_DATA_GONE'],
      );
      assert.match(
        errors[0]?.message ?? '',
        /journal-00000001 was removed or replaced .* put it back, or restart/,
      );
      assert.equal((await broker.status()).failing, true);
      await assert.rejects(publish(ch, '', 'q', 'lost, too', { persistent: true }));
      await assert.rejects(broker.close(), { code: 'BROKER_DATA_GONE' });
    });

    test(`${what} says so, also while nobody publishes`, async (t) => {
      const { path, errors, broker } = await start(t);

      take(path);

      await eventually(() => assert.equal(errors[0]?.code, 'BROKER_DATA_GONE'));
      await assert.rejects(broker.close(), { code: 'BROKER_DATA_GONE' });
    });
  }

  test('moved away and put back confirms again', async (t) => {
    const { path, storage, ch, broker } = await start(t);
    renameSync(path, aside(path));
    await assert.rejects(publish(ch, '', 'q', 'refused', { persistent: true }));

    renameSync(aside(path), path);

    await eventually(() => publish(ch, '', 'q', 'kept', { persistent: true }));
    await broker.close();
    const again = await startBroker({ storage, thread: false });
    t.after(() => again.close());
    const ready = (await again.status()).queues[0]?.ready ?? 0;
    assert.ok(ready >= 2, `the one from before and the one from after: ${ready}`);
  });

  test('replaced leaves the files of its new host alone', async (t) => {
    const { path, storage, broker } = await start(t);
    renameSync(path, aside(path));
    const other = openBroker(storage);
    t.after(() => other.close());
    const { url, hosting } = await other.locate();
    assert.equal(hosting, true);

    await assert.rejects(broker.close(), { code: 'BROKER_DATA_GONE' });

    assert.equal((JSON.parse(readFileSync(join(path, 'host.json'), 'utf8')) as { url: string }).url, url);
    assert.deepEqual(readdirSync(path).sort(), ['host.json', 'journal-00000001']);
  });
});

interface Hosting {
  readonly path: string;
  readonly storage: string;
  readonly broker: Broker;
  readonly ch: ConfirmChannel;
  readonly errors: BrokerError[];
}

/** A broker with a durable queue and one message in it. */
async function start(t: TestContext): Promise<Hosting> {
  const path = join(dataFolder().path, 'data');
  const storage = pathToFileURL(path).href;
  const errors: BrokerError[] = [];
  const onError = (error: Error): void => void errors.push(error as BrokerError);
  const broker = await startBroker({ storage, onError });
  t.after(() => broker.close().catch(() => {})); // closed by the test, most often
  const ch = await confirmChannel(t, { url: broker.url as string });
  await ch.assertQueue('q', { durable: true });
  await publish(ch, '', 'q', 'first', { persistent: true });
  return { path, storage, broker, ch, errors };
}

/** Where a folder is moved to; removed with it after the tests. */
function aside(path: string): string {
  return join(path, '..', 'aside');
}

function replace(path: string): void {
  renameSync(path, aside(path));
  mkdirSync(path);
}

function empty(path: string): void {
  for (const name of readdirSync(path)) rmSync(join(path, name));
}
