import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { session } from '@micro-framework/amqp/internal';
import { startBroker } from '@micro-framework/broker';
import { eventually } from '../../support/eventually.js';
import { type FakeContext, fakeContext } from '../../support/fake-context.js';
import { freePorts } from '../../support/rabbitmq-node.js';

const main = fileURLToPath(new URL('../fixtures/orders-main.js', import.meta.url));
const password = 'correct-horse';

interface Started {
  readonly child: ChildProcess;
  output(): string;
}

/** The orders service in a process of its own. */
function start(t: TestContext, port: number, settings: Record<string, string> = {}): Started {
  const env = {
    ...process.env,
    AMQP_URI: `amqp://guest:${password}@127.0.0.1:${port}`,
    SERVICE_NAME: 'orders',
    MAX_WORKERS: '1',
    LOG_LEVEL: 'debug',
    ...settings,
  };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return { child, output: () => output };
}

async function brokerAt(t: TestContext, port: number): Promise<void> {
  const broker = await startBroker({ port, password });
  t.after(() => broker.close());
}

describe('a service that is started before its broker', () => {
  test('waits for it, tells of each try, and never of the password', async (t) => {
    const [port = 0] = await freePorts(1);
    const service = start(t, port);
    const tries = (): number =>
      service.output().split('the broker cannot be reached; it is tried again').length - 1;
    await eventually(() => assert.ok(tries() >= 2), 20_000);

    await brokerAt(t, port);
    await eventually(() => assert.match(service.output(), /service started/), 20_000);
    const ended = once(service.child, 'exit');
    service.child.kill('SIGTERM');
    const [code] = await ended;

    assert.equal(code, 0);
    assert.match(service.output(), new RegExp(`no connection to amqp://guest:\\*\\*\\*@127.0.0.1:${port}`));
    assert.doesNotMatch(service.output(), new RegExp(password));
  });

  test('can be stopped while it waits', async (t) => {
    const [port = 0] = await freePorts(1);
    const service = start(t, port);
    await eventually(() => assert.match(service.output(), /cannot be reached/), 20_000);

    const ended = once(service.child, 'exit');
    const from = performance.now();
    service.child.kill('SIGTERM');
    const [code] = await ended;

    assert.equal(code, 0, service.output());
    assert.ok(performance.now() - from < 4_000, 'it waited for the broker');
  });

  test('can be stopped while a try hangs, as one does where nobody answers', async (t) => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sockets = new Set<Socket>();
    silent.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
    t.after(() => {
      silent.close();
      for (const socket of sockets) socket.destroy();
    });
    const service = start(t, (silent.address() as AddressInfo).port, { AMQP_CONNECT_TIMEOUT: '60000' });
    await eventually(() => assert.equal(sockets.size, 1), 20_000);

    const ended = once(service.child, 'exit');
    const from = performance.now();
    service.child.kill('SIGTERM');
    const [code] = await ended;

    assert.equal(code, 0, service.output());
    assert.ok(performance.now() - from < 4_000, 'it waited for the broker');
  });

  test('fails at once where it is not to wait', async (t) => {
    const [port = 0] = await freePorts(1);
    const service = start(t, port, { AMQP_START_TIMEOUT: '0' });

    const [code] = await once(service.child, 'exit');

    assert.equal(code, 1);
    assert.match(service.output(), /CONNECT_FAILED/);
    assert.match(service.output(), /the service cannot start/);
    assert.doesNotMatch(service.output(), /tried again|draining: no new calls/);
    assert.doesNotMatch(service.output(), new RegExp(password));
  });

  test('fails at once for a wrong password, however long it may wait', async (t) => {
    const [port = 0] = await freePorts(1);
    await brokerAt(t, port);
    const service = start(t, port, { AMQP_URI: `amqp://guest:wrong-${password}@127.0.0.1:${port}` });

    const [code] = await once(service.child, 'exit');

    assert.equal(code, 1);
    assert.match(service.output(), /Check user and password/);
    assert.doesNotMatch(service.output(), new RegExp(password));
  });
});

describe('several addresses', () => {
  async function publishing(
    t: TestContext,
    amqpUri: string | readonly string[],
  ): Promise<FakeContext<object>> {
    const context = fakeContext({ options: {}, config: { amqpUri, amqpStartTimeout: 10_000 } as object });
    context.shared(session);
    t.after(() => context.stopShared());
    await context.setupShared();
    return context;
  }

  function uriAt(port: number): string {
    return `amqp://guest:${password}@127.0.0.1:${port}`;
  }

  for (const kind of ['text', 'list'] as const) {
    test(`given as ${kind} are tried in turn`, async (t) => {
      const [dead = 0, alive = 0] = await freePorts(2);
      await brokerAt(t, alive);
      const uris = [uriAt(dead), uriAt(alive)];

      const context = await publishing(t, kind === 'text' ? uris.join(', ') : uris);

      assert.equal(context.shared(session).health().status, 'up');
      assert.match(JSON.stringify(context.shared(session).health()), new RegExp(`127.0.0.1:${alive}`));
    });
  }

  test('that all answer serve both connections from the first one: one node that hangs later is not the half of all', async (t) => {
    const ports = await freePorts(2);
    for (const port of ports) await brokerAt(t, port);
    const context = fakeContext({ options: {}, config: { amqpUri: ports.map(uriAt) } as object });
    const { consuming, publishing: sending } = context.shared(session);
    const consumer = { name: 'a consumer', queue: 'q', isActive: true, check: async () => {} };
    context.shared(session).watch(consumer);
    t.after(() => context.stopShared());

    await context.setupShared();

    const brokers = [consuming, sending].map((connection) => connection.health().broker);
    assert.equal(brokers[0], brokers[1]);
    assert.match(String(brokers[0]), new RegExp(`127.0.0.1:${ports[0]}`));
  });

  test('serve when the broker that was connected to is gone: the other one takes its place', async (t) => {
    const [one = 0, two = 0] = await freePorts(2);
    const first = await startBroker({ port: one, password });
    const context = await publishing(t, [uriAt(one), uriAt(two)]);
    const publish = (): Promise<void> =>
      context
        .shared(session)
        .publish({ exchange: '', routingKey: 'nobody', body: Buffer.from('{}'), properties: {} });
    await publish();

    await first.close();
    await brokerAt(t, two);
    await publish();

    assert.match(JSON.stringify(context.shared(session).health()), new RegExp(`127.0.0.1:${two}`));
  });
});
