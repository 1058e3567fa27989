import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { bootstrap } from '@micro-framework/core';
import { openPeer } from '../support/amqp-peer.js';
import { hostBroker } from '../support/broker-process.js';
import { eventually } from '../support/eventually.js';
import { Ledger } from '../support/ledger.js';
import { openVhost } from '../support/rabbitmq.js';
import { brokerHealth } from './entries.js';
import { BurnersModule, type Fuel } from './fixtures/burners-service.js';

// 9 s at a heartbeat of 2 s under `npm run test:faults`. A broker hangs up on a client that is silent for two heartbeats.
const burn = Number(process.env.FAULTS_BURN ?? 3_500);
const heartbeat = Number(process.env.FAULTS_BURN_HEARTBEAT ?? 1);
const each = 3;

const brokers: Record<string, (t: TestContext) => Promise<string>> = {
  RabbitMQ: async () => (await openVhost()).uri,
  // In this process it would stand still with its client.
  'the embedded broker': async (t) => (await hostBroker(t, {})).url,
};

for (const [name, open] of Object.entries(brokers))
  test(`handlers that burn CPU for ${burn} ms at a heartbeat of ${heartbeat} s, in a thread and a process: ${name} keeps the connection, and delivers nothing again`, async (t) => {
    const uri = await open(t);
    const peer = await openPeer(t, uri);
    const ledger = new Ledger(t);
    const runner = await bootstrap(BurnersModule, {
      serviceName: 'burners',
      amqpUri: uri,
      amqpHeartbeat: heartbeat,
      logLevel: (process.env.TEST_LOG ?? 'silent') as 'silent',
      signals: false,
    });
    t.after(() => runner.stop(1_000));

    for (const [mode, method] of [
      ['thread', 'InThread'],
      ['process', 'InProcess'],
    ])
      for (let n = 0; n < each; n += 1) {
        const fuel: Fuel = { id: `${mode} ${n}`, file: ledger.file, burn: n === 0 ? burn : 0 };
        await peer.send(`stove.${mode}__burners.${method}.handle`, { body: fuel, messageId: fuel.id });
        ledger.confirmed.add(fuel.id);
      }
    await eventually(() => ledger.assertNoneMissing(), 60_000);
    await eventually(() => {
      for (const { counts } of runner.routes) assert.equal(counts.succeeded, each);
    });

    const { consuming, publishing } = brokerHealth({ runner });
    assert.deepEqual([consuming.state, consuming.lost, publishing.lost], ['open', 0, 0]);
    assert.equal(ledger.assertNoneMissing().duplicates, 0);
  });
