import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { ConnectionLostError } from '@micro-framework/amqp';
import { Connection, Keeper, type Kept, RecoveringConnection } from '@micro-framework/amqp/internal';
import { type Broker, startBroker } from '@micro-framework/broker';
import { type LogLine, recordingLog } from '../../core/support/log.js';
import { eventually } from '../../support/eventually.js';

interface Keeping {
  readonly broker: Broker;
  readonly connection: RecoveringConnection;
  readonly keeper: Keeper;
  /** What was opened, the oldest first: ends when it is told to, or with its connection. */
  readonly opened: { end(reason: Error | undefined): void }[];
  /** Why what was open had ended. */
  readonly ends: (Error | undefined)[];
  readonly lines: readonly LogLine[];
}

async function keep(
  t: TestContext,
  open: (attempt: number, connection: Connection) => Promise<void> = async () => {},
  patience = 30_000,
): Promise<Keeping> {
  const broker = await startBroker();
  t.after(() => broker.close());
  const { log, lines } = recordingLog();
  const connection = new RecoveringConnection({
    purpose: 'consuming',
    patience: 0,
    log,
    open: () => Connection.open({ uri: broker.url as string, heartbeat: 10, name: 'test' }),
  });
  t.after(() => connection.close());
  await connection.start();
  const opened: Keeping['opened'] = [];
  const ends: (Error | undefined)[] = [];
  let attempts = 0;
  const keeper = new Keeper({
    what: 'the thing',
    connection,
    log,
    patience,
    ended: (reason) => ends.push(reason),
    async open(line): Promise<Kept> {
      attempts += 1;
      await open(attempts, line);
      const closed = new Promise<Error | undefined>((resolve) => {
        opened.push({ end: resolve });
        void line.ended.then(() => resolve(undefined));
      });
      return { closed };
    },
  });
  t.after(() => keeper.stop());
  return { broker, connection, keeper, opened, ends, lines };
}

describe('what is kept on a connection', () => {
  test('is open when the start has ended', async (t) => {
    const { keeper } = await keep(t);

    await keeper.start();

    assert.deepEqual([keeper.state, keeper.opened], ['open', 1]);
  });

  test('fails the start where the broker refuses it the first time', async (t) => {
    const { keeper } = await keep(t, () => Promise.reject(new Error('exclusive to another')));

    await assert.rejects(keeper.start(), /exclusive to another/);

    assert.equal(keeper.state, 'stopped');
  });

  test('is opened again when the broker has closed it, after a pause, and that is told once', async (t) => {
    const { keeper, opened, ends, lines } = await keep(t, async (attempt) => {
      if (attempt === 2 || attempt === 3) throw new Error('not yet');
    });
    await keeper.start();

    opened[0]?.end(new Error('closed by the broker'));
    await eventually(() => assert.deepEqual([keeper.state, keeper.opened], ['open', 2]));

    assert.deepEqual(ends.map(String), ['Error: closed by the broker']);
    const errors = lines.filter(({ level }) => level === 'error').map(({ fields }) => String(fields.err));
    assert.deepEqual(errors, ['Error: closed by the broker', 'Error: not yet']);
    assert.equal(keeper.lastError, undefined);
  });

  test('is opened again on the next connection when its own was lost', async (t) => {
    const { keeper, broker, ends, lines } = await keep(t);
    await keeper.start();

    await broker.faults.dropConnections();
    await eventually(() => assert.deepEqual([keeper.state, keeper.opened], ['open', 2]));

    assert.deepEqual(ends, [undefined]);
    assert.deepEqual(
      lines.filter(({ level }) => level === 'error'),
      [],
    );
  });

  test('that the broker never opens costs the connection, and is opened on the next', async (t) => {
    const { keeper, connection } = await keep(
      t,
      async (attempt, line) => {
        if (attempt === 1) throw await line.ended;
      },
      300,
    );

    await keeper.start();

    assert.equal(keeper.opened, 1);
    assert.equal(connection.health().lost, 1);
    assert.match(connection.health().lastError ?? '', /the thing could not be opened within 300 ms/);
  });

  test('is not opened any more once it is stopped', async (t) => {
    const { keeper, opened, broker } = await keep(t);
    await keeper.start();

    keeper.stop();
    opened[0]?.end(new Error('closed'));
    await broker.faults.dropConnections();

    assert.equal(keeper.state, 'stopped');
    assert.equal(keeper.opened, 1);
  });

  test('ends its start when it is stopped meanwhile', async (t) => {
    const { keeper } = await keep(t, () => new Promise(() => {}));
    const started = keeper.start();
    started.catch(() => {});

    keeper.stop();

    await assert.rejects(started, ConnectionLostError);
  });
});
