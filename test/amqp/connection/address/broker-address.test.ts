import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ConnectError } from '@micro-framework/amqp';
import { type BrokerAddress, brokerAddress } from '@micro-framework/amqp/internal';
import { ConfigError } from '@micro-framework/core';
import { openPeer } from '../../../support/amqp-peer.js';
import { dataFolder } from '../../../support/broker-process.js';
import { type FakeContext, fakeContext } from '../../../support/fake-context.js';
import { root } from '../../../support/sources.js';

describe('a service that names no broker', () => {
  test('gets one of its own in memory, and one warning that says how to leave it', async (t) => {
    const { address, context } = addressOf(t, undefined);

    const first = await address.resolve();
    const second = await address.resolve();

    await assert.doesNotReject(openPeer(t, first.uri));
    assert.deepEqual(second, first);
    assert.equal(context.logged.length, 1);
    for (const what of ['amqpUri', 'AMQP_URI', 'amqp://', 'file:///dir', 'memory://'])
      assert.ok(context.logged[0]?.includes(what), what);
    await address.close();
  });

  test('is told to name one in production', async (t) => {
    const { address } = addressOf(t, undefined, 'production');

    await assert.rejects(address.resolve(), (error) => {
      assert.ok(error instanceof ConfigError);
      for (const what of ['NODE_ENV=production', 'amqpUri', 'AMQP_URI', 'amqp://', 'memory://'])
        assert.ok(error.message.includes(what), what);
      return true;
    });
    await address.close();
  });
});

describe('a service that names', () => {
  test('memory:// gets a broker of its own, in production too, and the same warning', async (t) => {
    const one = addressOf(t, 'memory://', 'production');
    const other = addressOf(t, 'memory://', 'production');

    assert.notEqual((await one.address.resolve()).uri, (await other.address.resolve()).uri);
    await one.address.resolve();

    assert.equal(one.context.logged.length, 1);
    await one.address.close();
    await other.address.close();
  });

  test('memory://name shares it with those that say the same name, until the last one leaves', async (t) => {
    const { address: one, context } = addressOf(t, 'memory://shared');
    const other = addressOf(t, 'memory://shared').address;
    const { uri } = await one.resolve();
    assert.equal((await other.resolve()).uri, uri);
    assert.deepEqual(context.logged, []);

    await one.close();

    await assert.doesNotReject(openPeer(t, uri));
    await other.close();
    await assert.rejects(openPeer(t, uri), /ECONNREFUSED/);
  });

  test('a folder hosts a broker there', async (t) => {
    const { path } = dataFolder();
    const { address } = addressOf(t, pathToFileURL(path).href);

    const { uri } = await address.resolve();

    await assert.doesNotReject(openPeer(t, uri));
    await address.close();
  });

  test('a folder that cannot be one is told which, and why', async (t) => {
    const { address } = addressOf(t, 'file:///dev/null/broker');

    await assert.rejects(address.resolve(), (error) => {
      assert.ok(error instanceof ConnectError);
      assert.match(error.message, /no broker at file:\/\/\/dev\/null\/broker: cannot create .*ENOTDIR/);
      assert.equal((error.cause as { code?: unknown }).code, 'BROKER_DATA_NOT_WRITABLE');
      assert.equal(error.isPermanent, true);
      return true;
    });
    await address.close();
  });

  test('RabbitMQ gets just that', async (t) => {
    const { address } = addressOf(t, 'amqp://user:password@rabbit/shop');

    assert.deepEqual(await address.resolve(), { uri: 'amqp://user:password@rabbit/shop' });

    await address.close();
  });

  test('RabbitMQ never loads the embedded broker', () => {
    const resolve = (uri: string): string =>
      `import 'micro-framework';
       import { brokerAddress } from '@micro-framework/amqp/internal';
       const log = { info() {}, warn() {} };
       const address = brokerAddress({ config: { amqpUri: '${uri}' }, log });
       await address.resolve();
       await address.close();`;

    assert.deepEqual(loaded(resolve('amqp://localhost')), []);
    assert.ok(loaded(resolve('memory://')).length > 0);
  });
});

/** The files of the embedded broker that a program loads. */
function loaded(program: string): string[] {
  // Runs in the program's loader thread, which alone sees every import.
  const hook = `export const load = (url, context, next) => {
    if (/broker\\/dist/.test(url)) process._rawDebug(url);
    return next(url, context);
  }`;
  const register = `import { register } from 'node:module'; register('data:text/javascript,${encodeURIComponent(hook)}');`;
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(register)}`,
      '--input-type=module',
      '-e',
      program,
    ],
    { cwd: root, encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return stderr.split('\n').filter((line) => line.startsWith('file:'));
}

interface Addressed {
  readonly address: BrokerAddress;
  readonly context: FakeContext<object>;
}

/** The address for a setting, in a process with this `NODE_ENV`. */
function addressOf(t: TestContext, amqpUri: string | undefined, environment = 'test'): Addressed {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = environment;
  t.after(() => {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  });
  const context = fakeContext({ options: {}, config: { amqpUri } });
  return { address: brokerAddress(context), context };
}
