import assert from 'node:assert/strict';
import { after, before, suite } from 'node:test';
import { type Broker, startBroker } from '@micro-framework/broker';
import type { Subject } from '../../support/broker-client.js';
import { contracts } from './contracts.js';
import { handshake } from './handshake.js';
import { malformed } from './malformed.js';

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
  // The others are about bytes that the driver never sends, and have sockets of their own for them.
  for (const contract of contracts) if (contract !== handshake && contract !== malformed) contract(subject);
});
