import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { brokers } from '../support/brokers.js';
import { eventually } from '../support/eventually.js';
import { type Direction, openProxy } from '../support/tcp-proxy.js';
import { allBack, brokerHealth, startEntries } from './entries.js';

// 30 s at a heartbeat of 5 s, with 500 messages a second, and each direction alone on both brokers, under
// `npm run test:faults`.
const isLong = process.env.FAULTS_BLACK_HOLE !== undefined;
const seconds = Number(process.env.FAULTS_BLACK_HOLE ?? 3);
const heartbeat = Number(process.env.FAULTS_HEARTBEAT ?? 1);
const aSecond = Number(process.env.FAULTS_BLACK_HOLE_RATE ?? 50);
const noticedWithin = 2 * heartbeat * 1_000 + 1_000;
const backWithin = 5_000;

const directions: readonly Direction[] = ['both', 'to-broker', 'to-client'];

describe(`a black hole of ${seconds} s at a heartbeat of ${heartbeat} s, with ${aSecond} messages a second`, () => {
  for (const broker of brokers) {
    // The embedded broker is another one at the end of the same line.
    for (const direction of isLong || broker.name === 'RabbitMQ' ? directions : (['both'] as const)) {
      test(`${direction === 'both' ? 'both ways' : direction}, ${broker.name}: noticed in time, and nothing is lost`, async (t) => {
        const proxy = await openProxy(t, await broker.openEmpty());
        const entries = await startEntries(t, proxy.uri, {
          amqpHeartbeat: heartbeat,
          amqpPublishTimeout: 120_000,
        });
        entries.run(aSecond);
        await eventually(() => assert.ok(entries.ledger.confirmed.size > 20));

        proxy.blackhole(direction);
        const from = performance.now();
        await eventually(() => {
          const { consuming, publishing } = brokerHealth(entries);
          assert.deepEqual([consuming.lost, publishing.lost], [1, 1]);
          assert.notEqual(consuming.state, 'open');
        }, noticedWithin);
        const noticed = Math.round(performance.now() - from);
        await wait(seconds * 1_000 - noticed);
        assert.equal(entries.runner.health().status, 'down');
        proxy.heal();
        const back = await allBack(entries, backWithin);
        await entries.halt();

        const { confirmed, refused, duplicates } = entries.ledger.assertNoneMissing();
        t.diagnostic(
          `${confirmed} confirmed, ${duplicates} came twice, noticed after ${noticed} ms, back after ${back} ms`,
        );
        assert.equal(refused, 0);
      });
    }
  }
});
