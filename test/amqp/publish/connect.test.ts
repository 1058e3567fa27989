import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  ConnectError,
  ConnectionLostError,
  connect,
  connectDeadLetters,
  connectRpc,
  EventListener,
  Producer,
  PublishRefusedError,
  UnroutableError,
  UnsendableError,
} from '@micro-framework/amqp';
import { bootstrap, ConfigError, Module, Service } from '@micro-framework/core';
import { json, openPeer, type Peer } from '../../support/amqp-peer.js';
import { openVhost } from '../../support/rabbitmq.js';

describe('a stand-alone producer', () => {
  test('publishes as a service does, as many at once as one likes, in order', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const serviceName = unique('shop');
    const shop = await connect({ amqpUri: uri, serviceName, logLevel: 'silent' });
    const queue = await bound(peer, `${serviceName}.events`);
    const many = Array.from({ length: 1_000 }, (_, n) => n);

    await Promise.all(many.map((n) => shop.publish('opened', { n }, { headers: { tenant: 'a' } })));
    await shop.close();

    assert.equal(await peer.count(queue), 1_000);
    const first = await peer.get(queue);
    assert.deepEqual(first && json(first), { n: 0 });
    assert.deepEqual(first?.properties.headers, { tenant: 'a' });
    assert.equal(first?.properties.deliveryMode, 2);
    for (const n of many.slice(1)) {
      const next = await peer.get(queue);
      assert.deepEqual(next && json(next), { n });
    }
  });

  test('sends along what its options say', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const [serviceName, exchange] = [unique('shop'), unique('other')];
    const queue = await bound(peer, exchange);
    const shop = await connect({ amqpUri: uri, serviceName, logLevel: 'silent' });

    await shop.publish('opened', new Uint8Array([1, 2]), {
      headers: { tenant: 'a', count: 300 },
      messageId: 'm1',
      correlationId: 'c1',
      expiration: 60_000,
      priority: 7,
      mandatory: true,
      exchange,
      contentType: 'image/png',
    });
    await shop.close();

    const { content, fields, properties } = await peer.take(queue);
    assert.deepEqual([...content], [1, 2]);
    assert.deepEqual([fields.exchange, fields.routingKey], [exchange, 'opened']);
    const { headers, messageId, correlationId, expiration, priority, contentType, deliveryMode } = properties;
    assert.deepEqual(
      { headers, messageId, correlationId, expiration, priority, contentType, deliveryMode },
      {
        headers: { tenant: 'a', count: 300 },
        messageId: 'm1',
        correlationId: 'c1',
        expiration: '60000',
        priority: 7,
        contentType: 'image/png',
        deliveryMode: 2,
      },
    );
  });

  test('rejects what the broker does not take, each with its own error, and goes on', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const queue = unique('inbox');
    await peer.channel.assertQueue(queue);
    const shop = await connect({ amqpUri: uri, serviceName: unique('shop'), logLevel: 'silent' });

    const ends = await Promise.allSettled([
      shop.publish('nobody', {}, { mandatory: true }),
      shop.publish('opened', {}, { exchange: unique('nowhere') }),
      shop.publish('opened', { big: 1n }),
      shop.publish('opened', {}, { exchange: 'x'.repeat(256) }),
      shop.publish(queue, { n: 1 }, { exchange: '', mandatory: true }),
    ]);
    await shop.close();
    await assert.rejects(shop.publish('opened'), ConnectionLostError);

    const reasons = ends.map((end) => (end.status === 'rejected' ? end.reason.constructor : 'confirmed'));
    assert.deepEqual(reasons, [
      UnroutableError,
      PublishRefusedError,
      UnsendableError,
      UnsendableError,
      'confirmed',
    ]);
    const sent = await peer.take(queue);
    assert.deepEqual(json(sent), { n: 1 });
  });

  test('says what is wrong with its settings, and where there is no broker', async () => {
    await assert.rejects(connect({ amqpUrl: 'amqp://localhost' } as never), ConfigError);
    await assert.rejects(
      connect({
        amqpUri: 'amqp://127.0.0.1:1',
        serviceName: 'shop',
        amqpStartTimeout: 0,
        logLevel: 'silent',
      }),
      ConnectError,
    );
  });

  test('is told to name its service, in its options or in the environment', async (t) => {
    unsetWhile(t, 'SERVICE_NAME');

    await assert.rejects(connect({ amqpUri: 'memory://named' }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /connect\(\) publishes as a service: set serviceName \(SERVICE_NAME\)/);
      return true;
    });

    process.env.SERVICE_NAME = 'shop';
    const shop = await connect({ amqpUri: 'memory://named', logLevel: 'silent' });
    await shop.close();
  });

  test('reaches a service of its process under a name they share', async () => {
    let heard = (_payload: unknown): void => {};
    const payload = new Promise((resolve) => {
      heard = resolve;
    });
    @Service()
    class Opening {
      @EventListener('doors', 'opened')
      hear(door: unknown): void {
        heard(door);
      }
    }
    @Module({ services: [Opening] })
    class OpeningModule {}
    const settings = { amqpUri: 'memory://connect', logLevel: 'silent' } as const;
    const runner = await bootstrap(OpeningModule, { ...settings, workerMode: 'inline', signals: false });

    const doors = await connect({ ...settings, serviceName: 'doors' });
    await doors.publish('opened', { n: 1 });

    assert.deepEqual(await payload, { n: 1 });
    await doors.close();
    await runner.stop();
  });

  test('lets a script end by itself', async (t) => {
    const { uri, unique } = await openVhost();
    const peer = await openPeer(t, uri);
    const exchange = unique('scripts');
    const queue = await bound(peer, exchange);
    const script = fileURLToPath(new URL('../fixtures/script.js', import.meta.url));

    await promisify(execFile)(process.execPath, [script, exchange], {
      env: { ...process.env, AMQP_URI: uri, SERVICE_NAME: unique('shop'), NODE_TEST_CONTEXT: undefined },
      timeout: 60_000,
    });

    assert.equal(await peer.count(queue), 3);
  });
});

test('programs that are no service are told to name a broker where they would be alone with one', async (t) => {
  unsetWhile(t, 'AMQP_URI');
  const programs = [
    (amqpUri?: string) => connect({ amqpUri, serviceName: 'shop' }),
    (amqpUri?: string) => connectDeadLetters({ amqpUri }),
    (amqpUri?: string) => connectRpc('quotes', { amqpUri }),
  ];

  for (const open of programs) {
    for (const amqpUri of [undefined, 'memory://']) {
      await assert.rejects(open(amqpUri), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /amqpUri.*AMQP_URI.*amqp:\/\/.*memory:\/\/name/);
        return true;
      });
    }
  }
});

test('the producer of a running service publishes outside of handlers, at once', async (t) => {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const serviceName = unique('shop');
  @Service()
  class Shop {
    @EventListener('nobody', 'ever')
    handle(): void {}
  }
  @Module({ services: [Shop], providers: [Producer] })
  class ShopModule {}
  const runner = await bootstrap(ShopModule, {
    serviceName,
    amqpUri: uri,
    workerMode: 'inline',
    logLevel: 'silent',
    signals: false,
  });
  const queue = await bound(peer, `${serviceName}.events`);

  await runner.get(Producer).publish('opened', { n: 1 });
  const count = await peer.count(queue);
  await runner.stop();

  assert.equal(count, 1);
});

/** The environment without a variable, for one test. */
function unsetWhile(t: TestContext, name: string): void {
  const value = process.env[name];
  delete process.env[name];
  t.after(() => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  });
}

/** A queue of all that an exchange gets. */
async function bound(peer: Peer, exchange: string): Promise<string> {
  await peer.channel.assertExchange(exchange, 'topic', { durable: true, autoDelete: true });
  const { queue } = await peer.channel.assertQueue('', { exclusive: true });
  await peer.channel.bindQueue(queue, exchange, '#');
  return queue;
}
