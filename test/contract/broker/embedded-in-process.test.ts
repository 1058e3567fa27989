import assert from 'node:assert/strict';
import { after, before, suite } from 'node:test';
import { type Broker, startBroker } from '@micro-framework/broker';
import type { Subject } from '../../support/broker-client.js';
import { contracts } from './contracts.js';

suite('the embedded broker, without sockets', () => {
  let broker: Broker;
  before(async () => {
    broker = await startBroker({ username: 'guest', password: 'guest' });
  });
  after(() => broker.close());
  const subject: Subject = {
    get url() {
      return broker.url as string;
    },
    inProcess: () => broker.connect?.() ?? assert.fail('it runs in this thread'),
  };
  for (const contract of contracts) contract(subject);
});
