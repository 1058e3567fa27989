import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startBroker as openBroker } from '@micro-framework/broker';
import {
  channel,
  confirmChannel,
  connection,
  fill,
  Inbox,
  publish,
  quiet,
} from '../support/broker-client.js';
import { dataFolder, hostBroker } from '../support/broker-process.js';
import { type CommandOptions, type Running, runCommand, startCommand } from '../support/command.js';
import { withHungThread } from '../support/hung-thread.js';
import { makeNamedPipe } from '../support/named-pipe.js';
import { root } from '../support/sources.js';

// Signals that are no further apart than a second count as one.
const noEcho = 1_100;

// More than the second after which a command looks again whether its npx is there.
const noticed = 1_500;

const patience = 10_000;

const onAnyPort = ['broker', '--port', '0'] as const;

/** Starts a program that starts the broker; all they leave is killed after the test. */
async function startGroup(
  t: TestContext,
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
) {
  const child = spawn(file, args, {
    cwd: root,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => process.kill(-Number(child.pid), 'SIGKILL'));
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, url };
}

/** Runs the broker on a free port, and resolves when it listens. */
async function startBroker(
  t: TestContext,
  args: readonly string[] = [],
  options: CommandOptions = {},
): Promise<Running & { readonly url: string; readonly port: string }> {
  const running = startCommand(t, ['broker', '--port', '0', ...args], options);
  const url = await running.firstLine;
  return { ...running, url, port: new URL(url).port };
}

suite('npx micro-framework broker', () => {
  test('takes guest with the password guest, as RabbitMQ does, at localhost', async (t) => {
    const { url, port } = await startBroker(t);
    assert.equal(url, `amqp://guest:guest@127.0.0.1:${port}`);

    const ch = await confirmChannel(t, { url: `amqp://guest:guest@localhost:${port}` });

    const { queue } = await ch.assertQueue('q');
    await publish(ch, '', queue, 'hello');
    const inbox = await Inbox.open(ch, queue, { noAck: true });
    await inbox.first(1);
    assert.deepEqual(inbox.bodies, ['hello']);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    test(`says goodbye to its clients at ${signal} and ends with 0, also when the signal has an echo`, async (t) => {
      const { url, child, ended } = await startBroker(t);
      const model = await connection(t, { url });
      const farewell = once(model, 'close') as Promise<[Error]>;

      child.kill(signal);
      child.kill(signal);

      const [reason] = await farewell;
      assert.match(reason.message, /320 \(CONNECTION-FORCED\)/);
      assert.equal((await ended).code, 0);
    });

  for (const storage of [['--data'], []])
    test(`ends at a second SIGTERM also where a thread hangs${storage.map((option) => `, with ${option}`)}`, async (t) => {
      const { path } = dataFolder();
      const pipe = join(path, 'pipe');
      makeNamedPipe(pipe);
      const args = storage.flatMap((option) => [option, join(path, 'data')]);
      const { url, child, ended } = await startBroker(t, args, { env: withHungThread(pipe) });
      const farewell = once(await connection(t, { url }), 'close');
      child.kill('SIGTERM');
      await farewell;
      await wait(noEcho);

      child.kill('SIGTERM');

      assert.deepEqual([(await ended).code, (await ended).signal], [null, 'SIGTERM']);
    });

  test('says goodbye to its clients when the npx that runs it is killed', async (t) => {
    const { url, child } = await startGroup(t, 'npm', ['exec', '--', 'micro-framework', ...onAnyPort]);
    const signal = AbortSignal.timeout(patience);
    const farewell = once(await connection(t, { url }), 'close', { signal }) as Promise<[Error]>;

    child.kill('SIGTERM');

    const [reason] = await farewell;
    assert.match(reason.message, /320 \(CONNECTION-FORCED\)/);
  });

  test('goes on when the shell that put it into the background has ended, also beneath npx', async (t) => {
    const line = `node_modules/.bin/micro-framework ${onAnyPort.join(' ')} & read _`;
    const env = { npm_lifecycle_event: 'npx', npm_lifecycle_script: 'a-tool' };

    const { url, child } = await startGroup(t, 'sh', ['-c', line], env);

    child.stdin.end();
    await once(child, 'exit');
    await wait(noticed);
    await connection(t, { url });
  });

  test('keeps in its folder what is durable, from one run to the next', async (t) => {
    const { path } = dataFolder();
    const first = await startBroker(t, ['--data', path]);
    const ch = await confirmChannel(t, first);
    await ch.assertQueue('orders', { durable: true });
    await publish(ch, '', 'orders', 'kept', { persistent: true });
    first.child.kill('SIGTERM');
    assert.equal((await first.ended).code, 0);
    assert.match((await first.ended).stderr, new RegExp(`persistent messages are kept in ${path}`));

    const second = await startBroker(t, ['--data', pathToFileURL(path).href]);

    const inbox = await Inbox.open(await channel(t, second), 'orders', { noAck: true });
    await inbox.first(1);
    assert.deepEqual(inbox.bodies, ['kept']);
  });

  test('has a random password where other machines can connect, unless it was told one', async (t) => {
    const open = await startBroker(t, ['--host', '0.0.0.0']);
    const told = await startBroker(t, ['--host', '0.0.0.0', '--user', 'ann', '--password', 's3cret/@']);
    const quietly = await startBroker(t, [], { env: { BROKER_PASSWORD: 'from the environment' } });

    assert.match(open.url, /^amqp:\/\/guest:[\w-]{24}@127\.0\.0\.1:\d+$/);
    assert.equal(told.url, `amqp://ann:s3cret%2F%40@127.0.0.1:${told.port}`);
    assert.equal(quietly.url, `amqp://guest:from%20the%20environment@127.0.0.1:${quietly.port}`);
    for (const { url, child, ended } of [open, told, quietly]) {
      await connection(t, { url });
      child.kill('SIGTERM');
      const { code, stdout, stderr } = await ended;
      assert.deepEqual([code, stdout], [0, `${url}\n`]);
      assert.doesNotMatch(stderr, new RegExp(decodeURIComponent(new URL(url).password)));
    }
    assert.match((await open.ended).stderr, /other machines can connect, and nothing is encrypted/);
  });
});

suite('npx micro-framework broker cannot start', () => {
  test('on a port that is in use; 5672 where none is given', async (t) => {
    const other = createServer().listen(5672, '127.0.0.1');
    t.after(() => other.close());
    // Whoever has the port, it is in use now.
    await new Promise((resolve) => other.once('listening', resolve).once('error', resolve));

    const { code, stdout, stderr } = await runCommand(t, ['broker']);

    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(stderr, /^micro-framework broker: 127\.0\.0\.1:5672 is in use by another program.*\n$/);
  });

  for (const storage of [['--data'], []])
    test(`on a port where a broker answers, and says so${storage.map((option) => `, with ${option}`)}`, async (t) => {
      const { port } = await startBroker(t);
      const args = storage.flatMap((option) => [option, dataFolder().path]);

      const { code, stderr } = await runCommand(t, ['broker', '--port', port, ...args]);

      assert.equal(code, 1);
      const speaks = 'which speaks AMQP: a RabbitMQ, or another broker';
      const way = 'give --port another one, or 0 for any that is free';
      assert.equal(
        stderr,
        `micro-framework broker: 127.0.0.1:${port} is in use by another program, ${speaks}; ${way}\n`,
      );
    });

  test('on a folder that another broker holds', async (t) => {
    const { path } = dataFolder();
    await startBroker(t, ['--data', path]);

    const { code, stderr } = await runCommand(t, ['broker', '--port', '0', '--data', path]);

    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^micro-framework broker: ${path} is in use by another broker; .*\n$`));
  });

  test('on a folder that cannot be written to', async (t) => {
    const { path } = dataFolder();
    const file = join(path, 'file');
    writeFileSync(file, '');

    const { code, stderr } = await runCommand(t, ['broker', '--port', '0', '--data', join(file, 'data')]);

    assert.equal(code, 1);
    assert.match(stderr, /^micro-framework broker: cannot create .*file\/data: ENOTDIR.*\n$/);
  });

  test('on a folder of a file system that takes none', async (t) => {
    const { code, stderr } = await runCommand(t, ['broker', '--port', '0', '--data', '/proc/no-such/data']);

    assert.equal(code, 1);
    assert.match(stderr, /^micro-framework broker: cannot create \/proc\/no-such\/data: .*\n$/);
  });
});

suite('npx micro-framework broker --status', () => {
  test('shows the queues of a running one, found by its port or by its folder', async (t) => {
    const { path } = dataFolder();
    const { url, port } = await startBroker(t, ['--data', path]);
    const ch = await confirmChannel(t, { url });
    await ch.assertQueue('shop.order.created__billing');
    await ch.assertQueue('a\u001b[31m');
    await fill(ch, 'shop.order.created__billing', ['1', '2', '3']);
    await ch.prefetch(1);
    await (await Inbox.open(ch, 'shop.order.created__billing')).first(1);

    const byPort = await runCommand(t, ['broker', '--status', '--port', port]);
    const byFolder = await runCommand(t, ['broker', '--status', '--data', path]);

    assert.equal(
      byPort.stdout,
      [
        'queue                        ready  unacked  consumers',
        'a\\u{1b}[31m                      0        0          0',
        'shop.order.created__billing      2        1          1',
        '',
        '2 queues, 1 connection, 0.0 MiB of messages',
        '',
      ].join('\n'),
    );
    assert.deepEqual(byFolder, byPort);
    assert.deepEqual([byPort.code, byPort.stderr], [0, '']);
  });

  test('says so when there are none', async (t) => {
    const { port } = await startBroker(t);

    const { stdout } = await runCommand(t, ['broker', '--status', '--port', port]);

    assert.equal(stdout, '0 queues, 0 connections, 0.0 MiB of messages\n');
  });

  test('asks with the user and the password that were given, and repeats neither', async (t) => {
    const { port } = await startBroker(t, ['--user', 'ann', '--password', 's3cret/@']);
    const ask = ['broker', '--status', '--port', port];

    const right = await runCommand(t, [...ask, '--user', 'ann'], { env: { BROKER_PASSWORD: 's3cret/@' } });
    const wrong = await runCommand(t, [...ask, '--user', 'ann', '--password', 'gue55']);

    assert.deepEqual([right.code, wrong.code, wrong.stdout], [0, 1, '']);
    assert.match(
      wrong.stderr,
      /^micro-framework broker: no status from 127\.0\.0\.1:\d+: ACCESS_REFUSED .*\n$/,
    );
    assert.doesNotMatch(wrong.stderr, /gue55/);
  });

  test('ends with 1 where no broker runs', async (t) => {
    const { path } = dataFolder();
    const { child, ended, port } = await startBroker(t, ['--data', path]);
    child.kill('SIGTERM');
    await ended;

    const byPort = await runCommand(t, ['broker', '--status', '--port', port]);
    const byFolder = await runCommand(t, ['broker', '--status', '--data', path]);

    assert.deepEqual([byPort.code, byFolder.code], [1, 1]);
    assert.match(
      byPort.stderr,
      /^micro-framework broker: no status from 127\.0\.0\.1:\d+: .*ECONNREFUSED.*\n$/,
    );
    assert.match(byFolder.stderr, /^micro-framework broker: no broker runs on .*\n$/);
  });

  test('tells that publishers are blocked', async (t) => {
    const broker = await openBroker({ maxBytes: 1_000, password: 'guest' });
    t.after(() => broker.close());
    const url = broker.url as string;
    const model = await connection(t, { url });
    const blocked = once(model, 'blocked');
    const ch = quiet(await model.createChannel());
    await ch.assertQueue('q');
    ch.sendToQueue('q', Buffer.alloc(2_000));
    await blocked;

    const { stdout } = await runCommand(t, ['broker', '--status', '--port', String(broker.port)]);

    assert.match(stdout, /^publishers are blocked: the queues hold as much as they may$/m);
  });

  test('tells that the disk takes nothing', async (t) => {
    const { path, storage } = dataFolder();
    const host = await hostBroker(t, { storage, thread: false }, 100);
    const ch = await confirmChannel(t, host);
    await ch.assertQueue('q');
    const refused = async (): Promise<boolean> => {
      const sent = publish(ch, '', 'q', Buffer.alloc(20_000), { persistent: true });
      return sent.then(
        () => false,
        () => true,
      );
    };
    while (!(await refused()));

    const { stdout } = await runCommand(t, ['broker', '--status', '--data', path]);

    assert.match(stdout, /^the disk cannot be written to: persistent messages are refused$/m);
  });
});
