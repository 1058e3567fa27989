import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { ConnectionLostError, TopologyClashError } from '@micro-framework/amqp';
import { bootstrap, type Runner } from '@micro-framework/core';
import { openPeer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { openVhost, startRabbit } from '../../support/rabbitmq.js';
import { openProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { OrdersModule } from '../fixtures/orders-service.js';

const queueClass = 50;
const queueDeclareOk = 11;

/** A line to the broker on which something befalls the first answer to the declaration of a queue. */
async function openLine(t: TestContext, uri: string, befall: (line: TcpProxy) => void): Promise<TcpProxy> {
  let isOver = false;
  const fromBroker = (frame: Buffer): boolean => {
    const isAnswer = frame.readUInt16BE(7) === queueClass && frame.readUInt16BE(9) === queueDeclareOk;
    if (isOver || frame[0] !== 1 || !isAnswer) return false;
    isOver = true;
    befall(line);
    return true;
  };
  const line = await openProxy(t, uri, { fromBroker });
  return line;
}

interface Starting {
  readonly started: Promise<Runner>;
  stop(): Promise<void>;
}

/** The service, whose start is under way. */
function begin(t: TestContext, amqpUri: string, amqpStartTimeout = 60_000): Starting {
  const started = bootstrap(OrdersModule, {
    amqpUri,
    amqpStartTimeout,
    serviceName: 'orders',
    workerMode: 'inline',
    logLevel: 'silent',
    signals: false,
  });
  const stop = async (): Promise<void> => (await started.catch(() => undefined))?.stop();
  t.after(stop);
  return { started, stop };
}

describe('a connection that is lost while its service starts', () => {
  test('is waited for when it was cut, and the service starts', async (t) => {
    const { uri } = await openVhost();
    const line = await openLine(t, uri, ({ cut }) => setImmediate(cut));

    const { started, stop } = begin(t, line.uri);
    const runner = await started;

    await eventually(() => assert.equal(runner.health().status, 'up'));
    const consuming = JSON.stringify(runner.health().parts).match(/"lost":(\d)/)?.[1];
    assert.equal(consuming, '1');
    await stop();
  });

  test('is waited for when its broker was killed and comes back', async (t) => {
    const node = await startRabbit(t);
    let halted: Promise<void> | undefined;
    const line = await openLine(t, node.address.uri, () => {
      halted = node.halt('kill');
    });

    const { started, stop } = begin(t, line.uri);
    await eventually(() => assert.ok(halted), 20_000);
    await halted;
    await node.start();
    const runner = await started;

    // The other connection was lost, too, and comes back in its own time.
    await eventually(() => assert.equal(runner.health().status, 'up'), 20_000);
    await stop();
  });

  test('fails the start when it does not come back in time', async (t) => {
    const { uri } = await openVhost();
    const line = await openLine(t, uri, (own) => {
      setImmediate(() => {
        own.blackhole('both');
        own.cut();
      });
    });

    const { started } = begin(t, line.uri, 1_500);

    await assert.rejects(started, (error) => {
      assert.ok(error instanceof ConnectionLostError);
      assert.match(error.message, /there is no connection to the broker, and it is waited for no longer/);
      return true;
    });
  });

  test('does not hide that a queue is declared differently', async (t) => {
    const { uri } = await openVhost();
    const peer = await openPeer(t, uri);
    await peer.channel.assertQueue('shop.order__orders.Orders.handle', { durable: false });
    const line = await openLine(t, uri, ({ cut }) => setImmediate(cut));

    const { started } = begin(t, line.uri);

    await assert.rejects(started, TopologyClashError);
  });
});
