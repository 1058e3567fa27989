import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { ConnectError, ConnectionLostError } from '@micro-framework/amqp';
import { Connection, RecoveringConnection, StartPatience } from '@micro-framework/amqp/internal';
import { type Broker, startBroker } from '@micro-framework/broker';
import { type LogLine, recordingLog } from '../../core/support/log.js';
import { eventually } from '../../support/eventually.js';

interface Opened {
  readonly broker: Broker;
  readonly connection: RecoveringConnection;
  readonly lines: readonly LogLine[];
  /** The states it has been in, the oldest first. */
  states(): string[];
  /** Tries so far. */
  tries(): number;
}

interface Plan {
  readonly patience?: number;
  /** Fails the first tries with these, in this order. */
  readonly failures?: readonly Error[];
  /** Every try lasts until it is abandoned. */
  readonly hangs?: boolean;
}

async function open(
  t: TestContext,
  { patience = 0, failures = [], hangs = false }: Plan = {},
): Promise<Opened> {
  const broker = await startBroker();
  t.after(() => broker.close());
  const { log, lines } = recordingLog();
  let tries = 0;
  const connection = new RecoveringConnection({
    purpose: 'consuming',
    patience,
    log,
    open: async (abandoned) => {
      const failure = failures[tries];
      tries += 1;
      if (failure) throw failure;
      if (hangs) throw (await once(abandoned, 'abort'))[0];
      return Connection.open({ uri: broker.url as string, heartbeat: 1, name: 'test' });
    },
  });
  t.after(() => connection.close());
  return {
    broker,
    connection,
    lines,
    tries: () => tries,
    states: () => {
      const changes = lines.filter(({ text }) => text === 'connection state');
      return ['idle', ...changes.map(({ fields }) => String(fields.to))];
    },
  };
}

const away = (): Error => new ConnectError('nobody is there');
const forbidden = (): Error => new ConnectError('wrong password', { isPermanent: true });

describe('the start of a connection', () => {
  test('ends when it is open', async (t) => {
    const { connection, states, broker } = await open(t);

    await connection.start();

    assert.equal(connection.state, 'open');
    assert.deepEqual(states(), ['idle', 'connecting', 'open']);
    assert.equal((await broker.status()).connections, 1);
  });

  test('waits for a broker that is not there yet, and tells of each try in a line', async (t) => {
    const { connection, lines, states } = await open(t, { patience: 10_000, failures: [away(), away()] });

    await connection.start();

    assert.deepEqual(states(), [
      'idle',
      'connecting',
      'waiting',
      'connecting',
      'waiting',
      'connecting',
      'open',
    ]);
    const told = lines.filter(({ level }) => level === 'warn' || level === 'info');
    assert.deepEqual(
      told.map(({ text, fields }) => [text, fields.tries]),
      [
        ['the broker cannot be reached; it is tried again', 1],
        ['the broker cannot be reached; it is tried again', 2],
        ['connected to the broker', 3],
      ],
    );
    const [first] = told;
    assert.equal(first?.fields.reason, 'nobody is there');
    assert.equal(first.fields.err, undefined, 'no stack');
  });

  test('gives up after the first try where it is not to wait', async (t) => {
    const { connection, tries } = await open(t, { failures: [away()] });

    await assert.rejects(connection.start(), /nobody is there/);

    assert.equal(connection.state, 'closed');
    assert.equal(tries(), 1);
    await assert.rejects(connection.opened(), ConnectionLostError);
  });

  test('gives up when its time is over', async (t) => {
    const failures = Array.from({ length: 100 }, away);
    const { connection, tries } = await open(t, { patience: 500, failures });
    const from = performance.now();

    await assert.rejects(connection.start(), /nobody is there/);

    assert.ok(performance.now() - from >= 500);
    assert.ok(tries() >= 2 && tries() <= 6, `${tries()} tries`);
  });

  test('gives up at once where the broker refuses it', async (t) => {
    const { connection, tries } = await open(t, { patience: 60_000, failures: [away(), forbidden()] });

    await assert.rejects(connection.start(), /wrong password/);

    assert.equal(tries(), 2);
  });

  test('ends when it is closed during a try that would never end', async (t) => {
    const { connection } = await open(t, { patience: 60_000, hangs: true });
    const started = connection.start();
    started.catch(() => {});

    await connection.close();

    await assert.rejects(started, ConnectionLostError);
  });

  test('tells of no try after which it gives up: whoever started it does', async (t) => {
    const { connection, lines } = await open(t, { failures: [away()] });

    await assert.rejects(connection.start(), /nobody is there/);

    assert.deepEqual(
      lines.filter(({ level }) => level !== 'debug'),
      [],
    );
  });

  test('ends when it is closed meanwhile', async (t) => {
    const { connection } = await open(t, { patience: 60_000, failures: Array.from({ length: 100 }, away) });
    const started = connection.start();
    started.catch(() => {});

    await connection.close();

    await assert.rejects(started, ConnectionLostError);
  });
});

test('a start that waits for its broker ends when the service stops; later that is of no effect', async (t) => {
  const waiting = await open(t, { patience: 60_000, failures: Array.from({ length: 100 }, away) });
  const ready = await open(t);
  const stopping = new AbortController();
  const started = waiting.connection.start(stopping.signal);
  started.catch(() => {});
  await ready.connection.start(stopping.signal);

  stopping.abort();

  await assert.rejects(started, ConnectionLostError);
  assert.equal(ready.connection.state, 'open');
});

describe('whoever waits for a connection', () => {
  test('has no more patience at the end of its time, and hears why there is none', async (t) => {
    const { connection } = await open(t, { patience: 60_000, failures: Array.from({ length: 100 }, away) });
    const started = connection.start();
    started.catch(() => {});
    const stopping = new AbortController();

    await assert.rejects(
      connection.opened(new StartPatience(150, stopping.signal)),
      /waited for no longer: nobody is there/,
    );
  });

  test('waits no longer once the service stops', async (t) => {
    const { connection } = await open(t, { patience: 60_000, failures: Array.from({ length: 100 }, away) });
    const started = connection.start();
    started.catch(() => {});
    const stopping = new AbortController();
    const waiting = connection.opened(new StartPatience(600_000, stopping.signal));
    waiting.catch(() => {});

    stopping.abort();

    await assert.rejects(waiting, ConnectionLostError);
    await assert.rejects(connection.opened(new StartPatience(600_000, stopping.signal)), ConnectionLostError);
  });

  test('gets the same as all others who wait', async (t) => {
    const { connection } = await open(t, { patience: 60_000, failures: [away()] });
    const waiting = Array.from({ length: 3 }, () => connection.opened());

    await connection.start();

    assert.equal(new Set(await Promise.all(waiting)).size, 1);
  });
});

describe('a connection that is lost', () => {
  test('is made again, and whoever waits gets the new one', async (t) => {
    const { connection, broker, states } = await open(t);
    await connection.start();
    const first = await connection.opened();

    await broker.faults.dropConnections();
    await first.ended;
    const second = await connection.opened();

    assert.notEqual(second, first);
    assert.ok(second.isOpen);
    assert.deepEqual(states(), ['idle', 'connecting', 'open', 'waiting', 'connecting', 'open']);
    assert.equal(connection.health().lost, 1);
  });

  test('is tried for ever, after pauses that grow, and says why it is not there', async (t) => {
    const { connection, broker, lines } = await open(t);
    await connection.start();

    await broker.faults.refuseConnections(true);
    await broker.faults.dropConnections();
    const down = await eventually(() => {
      const health = connection.health();
      assert.ok(health.attempts >= 4);
      return health;
    });
    await broker.faults.refuseConnections(false);
    await connection.opened();

    assert.match(down.lastError ?? '', /no connection to amqp:\/\/guest:\*\*\*@/);
    assert.notEqual(down.state, 'open');
    assert.equal(connection.health().attempts, 0);
    const warned = lines.filter(({ level, text }) => level === 'warn' && /cannot be reached/.test(text));
    assert.equal(warned.length, 1, 'what says the same again is not told again');
  });

  test('even for a reason that would fail the start', async (t) => {
    const failures: Error[] = [];
    const { connection, broker } = await open(t, { failures });
    await connection.start();
    failures[1] = forbidden();

    await broker.faults.dropConnections();
    await eventually(() => assert.equal(connection.health().lost, 1));
    await connection.opened();

    assert.equal(connection.state, 'open');
  });

  test('is not made again once it is closed', async (t) => {
    const { connection, broker } = await open(t);
    await connection.start();

    await connection.close();

    assert.equal(connection.state, 'closed');
    await eventually(async () => assert.equal((await broker.status()).connections, 0));
    await assert.rejects(connection.opened(), /closed its connection/);
  });
});
