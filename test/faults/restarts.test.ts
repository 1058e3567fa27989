import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { restartableBrokers } from '../support/restartable-broker.js';
import { allBack, brokerHealth, startEntries } from './entries.js';

// Ten under `npm run test:faults`; each is a kill or a stop in order, in turn.
const restarts = Number(process.env.FAULTS_RESTARTS ?? 1);
const aSecond = 500;
const backWithin = 5_000;

describe(`${restarts} restart${restarts > 1 ? 's' : ''} while ${aSecond} messages a second are published and consumed`, () => {
  for (const [name, startBroker] of Object.entries(restartableBrokers)) {
    test(`on ${name}: every confirmed one is handled, and consumers are back within 5 s`, async (t) => {
      const broker = await startBroker(t);
      const entries = await startEntries(t, broker.uri, { amqpPublishTimeout: 60_000 });
      const took: number[] = [];
      entries.run(aSecond);

      for (let n = 0; n < restarts; n += 1) {
        await wait(1_500);
        await broker.halt(n % 2 === 0 ? 'kill' : 'stop');
        await broker.start();
        took.push(await allBack(entries, backWithin));
      }
      await entries.halt();

      const { confirmed, refused, duplicates } = entries.ledger.assertNoneMissing();
      t.diagnostic(`${confirmed} confirmed, ${duplicates} came twice, back after ${took.join(', ')} ms`);
      assert.equal(refused, 0);
      assert.ok(confirmed > restarts * aSecond);
      const { consuming, publishing } = brokerHealth(entries);
      // One that is made again while the broker still stops is lost once more.
      for (const { lost } of [consuming, publishing]) assert.ok(lost >= restarts, `${lost} times lost`);
    });
  }
});
