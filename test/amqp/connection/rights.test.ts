import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TopologyForbiddenError } from '@micro-framework/amqp';
import { bootstrap, type Runner } from '@micro-framework/core';
import { openPeer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { evaluate, startRabbit } from '../../support/rabbitmq.js';
import type { NodeAddress } from '../../support/rabbitmq-node.js';
import { openProxy } from '../../support/tcp-proxy.js';
import { OrdersModule } from '../fixtures/orders-service.js';

const weak = 'weak';

describe('a user of the broker', () => {
  test('who may not declare cannot start a service, and one who may no longer goes on with what is there', async (t) => {
    const { address } = await startRabbit(t);
    await evaluate(
      address,
      `rabbit_auth_backend_internal:add_user(<<"${weak}">>, <<"${weak}">>, <<"guest">>).`,
    );
    const uri = new URL(address.uri);
    [uri.username, uri.password] = [weak, weak];
    const line = await openProxy(t, uri.href);
    const lineUri = new URL(line.uri);
    [lineUri.username, lineUri.password] = [weak, weak];

    await allow(address, '');
    await assert.rejects(start(lineUri.href), (error) => {
      assert.ok(error instanceof TopologyForbiddenError);
      assert.match(error.message, /may not declare the (exchange|queue) .*the permission to configure it/);
      return true;
    });

    await allow(address, '.*');
    const runner = await start(lineUri.href);
    t.after(() => runner.stop());
    await allow(address, '');
    line.cut();
    await eventually(() => {
      assert.match(JSON.stringify(runner.health()), /"lost":1/);
      assert.equal(runner.health().status, 'up');
    }, 10_000);
    const peer = await openPeer(t, address.uri);
    await peer.send('shop.order__orders.Orders.handle', { body: { id: '1', does: 'succeed' } });
    await eventually(() => assert.equal(runner.routes[0]?.counts.succeeded, 1));
  });
});

function start(amqpUri: string): Promise<Runner> {
  return bootstrap(OrdersModule, {
    amqpUri,
    serviceName: 'orders',
    workerMode: 'inline',
    logLevel: 'silent',
    signals: false,
  });
}

/** What it may configure from now on; it may read and write everything. */
async function allow(address: NodeAddress, configure: string): Promise<void> {
  const rights = `<<"${configure}">>, <<".*">>, <<".*">>, <<"guest">>`;
  await evaluate(address, `rabbit_auth_backend_internal:set_permissions(<<"${weak}">>, <<"/">>, ${rights}).`);
}
