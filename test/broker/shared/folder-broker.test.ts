import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { BrokerError, openBroker, type SharedBroker, startBroker } from '@micro-framework/broker';
import { confirmChannel, connection, next, publish } from '../../support/broker-client.js';
import { dataFolder, hostBroker } from '../../support/broker-process.js';
import { eventually } from '../../support/eventually.js';
import { makeNamedPipe } from '../../support/named-pipe.js';
import { openVhost } from '../../support/rabbitmq.js';

suite('a folder', () => {
  test('is hosted by the first who needs it and joined by the next', async (t) => {
    const { storage } = dataFolder();
    const first = open(t, storage);
    const second = open(t, storage);

    const here = await first.locate();
    const there = await second.locate();

    assert.deepEqual([here.hosting, there.hosting], [true, false]);
    assert.equal(there.url, here.url);
    await confirmChannel(t, there);
  });

  test('has one host, however many need it at once', async (t) => {
    const { storage } = dataFolder();

    const found = await Promise.all(Array.from({ length: 6 }, () => open(t, storage).locate()));

    assert.equal(found.filter(({ hosting }) => hosting).length, 1);
    assert.equal(new Set(found.map(({ url }) => url)).size, 1);
  });

  test('tells its user, and nobody else, where it is hosted, for as long as it is', async (t) => {
    const { path, storage } = dataFolder();
    const broker = open(t, storage);

    const { url } = await broker.locate();

    const file = join(path, 'host.json');
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
      url,
      pid: process.pid,
      id: await idOf(t, url),
    });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await broker.close();
    assert.equal(statSync(file, { throwIfNoEntry: false }), undefined);
  });

  test('that was opened with startBroker is joined, too', async (t) => {
    const { storage } = dataFolder();
    const host = await hostBroker(t, { storage });

    assert.deepEqual(await open(t, storage).locate(), { url: host.url, hosting: false });
  });

  test('keeps its messages when its host leaves, and the next one hosts it', async (t) => {
    const { storage } = dataFolder();
    const first = open(t, storage);
    const second = open(t, storage);
    const ch = await confirmChannel(t, await first.locate());
    await second.locate();
    await ch.assertQueue('q', { durable: true });
    await publish(ch, '', 'q', 'kept', { persistent: true });

    await first.close();

    const found = await second.locate();
    assert.equal(found.hosting, true);
    assert.equal(String((await next(await confirmChannel(t, found), 'q')).content), 'kept');
  });

  test('whose broker lost its thread is hosted again', async (t) => {
    const { storage } = dataFolder();
    const thread = new Promise<Worker>((resolve) => process.once('worker', resolve));
    const errors: Error[] = [];
    const broker = open(t, storage, { onError: (error) => errors.push(error) });
    const ch = await confirmChannel(t, await broker.locate());
    await ch.assertQueue('q', { durable: true });
    await publish(ch, '', 'q', 'kept', { persistent: true });

    await (await thread).terminate();

    await eventually(() => assert.equal((errors[0] as BrokerError | undefined)?.code, 'BROKER_HOST_DIED'));
    const found = await broker.locate();
    assert.equal(String((await next(await confirmChannel(t, found), 'q')).content), 'kept');
  });
});

suite('a discovery file', () => {
  for (const [what, leave] of [
    ['that is empty', (file: string) => writeFileSync(file, '')],
    ['that was cut short', (file: string) => writeFileSync(file, '{"url":"amqp://guest:x@127.')],
    ['that holds something else', (file: string) => writeFileSync(file, '[null]')],
    ['that is a folder', (file: string) => mkdirSync(join(file, 'inner'), { recursive: true })],
    ['that is a pipe', makeNamedPipe],
    ['that never ends', (file: string) => symlinkSync('/dev/zero', file)],
  ] as const) {
    test(`${what} does not matter`, async (t) => {
      const { path, storage } = dataFolder();
      leave(join(path, 'host.json'));

      const found = await open(t, storage).locate();

      assert.equal(found.hosting, true);
      assert.deepEqual(await open(t, storage).locate(), { url: found.url, hosting: false });
    });
  }

  test('of a host that was killed does not matter', async (t) => {
    const { path, storage } = dataFolder();
    const host = await hostBroker(t, { storage });
    await host.kill();
    assert.ok(readFileSync(join(path, 'host.json'), 'utf8').includes(host.url));

    const found = await open(t, storage).locate();

    assert.equal(found.hosting, true);
    assert.notEqual(found.url, host.url);
  });

  test('whose port belongs to another program by now does not matter', async (t) => {
    const { path, storage } = dataFolder();
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    t.after(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    leaveHost(path, `amqp://guest:secret@127.0.0.1:${port}`);

    assert.equal((await open(t, storage).locate()).hosting, true);
  });

  test('whose port belongs to the host of another folder by now does not matter, whatever its password', async (t) => {
    const { path, storage } = dataFolder();
    const other = await startBroker({ storage: dataFolder().storage, password: 'secret' });
    t.after(() => other.close());
    leaveHost(path, other.url as string);

    assert.equal((await open(t, storage).locate()).hosting, true);
  });

  test('whose port belongs to RabbitMQ by now does not matter, and RabbitMQ is told no password', async (t) => {
    const { path, storage } = dataFolder();
    const { uri } = await openVhost();
    const line = await overhear(t, uri);
    leaveHost(path, line.uri);

    assert.equal((await open(t, storage).locate()).hosting, true);
    assert.equal(line.heard().toString('latin1'), 'AMQP\0\0\x09\x01');
  });
});

suite('a host whose discovery file was', () => {
  for (const [what, spoil] of [
    ['removed', (file: string) => rmSync(file)],
    ['emptied', (file: string) => writeFileSync(file, '')],
    ['replaced by a folder', putFolder],
    [
      'replaced by that of another',
      (file: string) => leaveHost(dirname(file), 'amqp://guest:guest@127.0.0.1:1'),
    ],
  ] as const)
    test(`${what} puts it there again`, async (t) => {
      const { path, storage } = dataFolder();
      const { url } = await open(t, storage).locate();
      spoil(join(path, 'host.json'));

      const found = await open(t, storage, { timeout: 10_000 }).locate();

      assert.deepEqual(found, { url, hosting: false });
    });
});

suite('a folder whose holder does not say where it listens', () => {
  test('is joined as soon as it does', async (t) => {
    const { path, storage } = dataFolder();
    await holdSilently(t, path, storage);
    const late = await startBroker();
    t.after(() => late.close());
    const located = open(t, storage).locate();

    leaveHost(path, late.url as string, await idOf(t, late.url as string));

    assert.deepEqual(await located, { url: late.url, hosting: false });
  });

  test('is hosted as soon as it lets go', async (t) => {
    const { path, storage } = dataFolder();
    const holder = await holdSilently(t, path, storage);
    const located = open(t, storage).locate();

    await holder.close();

    assert.equal((await located).hosting, true);
  });

  test('is given up in time, with the reason', async (t) => {
    const { path, storage } = dataFolder();
    await holdSilently(t, path, storage);

    await assert.rejects(open(t, storage, { timeout: 100 }).locate(), (error) => {
      assert.ok(error instanceof BrokerError);
      assert.equal(error.code, 'BROKER_DATA_IN_USE');
      assert.ok(error.message.startsWith(`${path} is held by a broker that cannot be joined`), error.message);
      assert.match(error.message, /does not say where it listens, in .*host\.json/);
      return true;
    });
  });

  test('is waited for no longer once nobody needs it', async (t) => {
    const { path, storage } = dataFolder();
    await holdSilently(t, path, storage);
    const broker = open(t, storage);
    const located = assert.rejects(broker.locate(), /was waited for until close\(\)/);

    await broker.close();

    await located;
  });
});

test('a host that is frozen is named, in time', async (t) => {
  const { storage } = dataFolder();
  const host = await hostBroker(t, { storage });
  host.child.kill('SIGSTOP');
  t.after(() => host.child.kill('SIGCONT'));
  if (process.platform === 'linux') await eventually(() => assert.ok(isFrozen(host.child.pid as number)));

  await assert.rejects(
    open(t, storage, { timeout: 100 }).locate(),
    new RegExp(`process ${host.child.pid} does not answer at 127\\.0\\.0\\.1:\\d+`),
  );
});

test('an address that is none is refused', () => {
  for (const uri of [
    'amqp://localhost',
    'memory:',
    'memory://two words',
    'file:data',
    'file://data',
    'file://host/dir',
  ])
    assert.throws(() => openBroker(uri), { code: 'BROKER_BAD_OPTION' }, uri);
});

function open(t: TestContext, storage: string, options?: Parameters<typeof openBroker>[1]): SharedBroker {
  const broker = openBroker(storage, options);
  t.after(() => broker.close());
  return broker;
}

// Each thread stops when it gets to it, and the broker's may yet answer once.
function isFrozen(pid: number): boolean {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.every((task) => / T /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')));
}

function putFolder(file: string): void {
  rmSync(file);
  mkdirSync(file);
}

function leaveHost(folder: string, url: string, id = 'of a host that is gone'): void {
  writeFileSync(join(folder, 'host.json'), JSON.stringify({ url, pid: 1, id }));
}

/** What the broker says of itself in its greeting. */
async function idOf(t: TestContext, url: string): Promise<string> {
  return String((await connection(t, { url })).connection.serverProperties.id);
}

/** A line to a broker on which everything is heard that its clients say. */
async function overhear(t: TestContext, uri: string): Promise<{ readonly uri: string; heard(): Buffer }> {
  const { hostname, port } = new URL(uri);
  const chunks: Buffer[] = [];
  const server = createServer((client) => {
    const there = connect({ host: hostname, port: Number(port) });
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    client.pipe(there).pipe(client);
    for (const socket of [client, there]) socket.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const through = new URL(uri);
  through.port = String((server.address() as AddressInfo).port);
  return { uri: through.href, heard: () => Buffer.concat(chunks) };
}

/** A broker on a Unix socket: it has no URL to tell. */
async function holdSilently(
  t: TestContext,
  path: string,
  storage: string,
): Promise<{ close(): Promise<void> }> {
  const broker = await startBroker({ storage, socketPath: join(path, 'socket') });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= broker.close();
    return closed;
  };
  t.after(close);
  return { close };
}
