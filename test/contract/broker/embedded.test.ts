import { after, before, suite } from 'node:test';
import { type Broker, startBroker } from '@micro-framework/broker';
import type { Subject } from '../../support/broker-client.js';
import { contracts } from './contracts.js';

suite('the embedded broker', () => {
  let broker: Broker;
  before(async () => {
    // The name and password of a fresh RabbitMQ, because the contract logs in with wrong ones, too.
    broker = await startBroker({ username: 'guest', password: 'guest' });
  });
  after(() => broker.close());
  const subject: Subject = {
    get url() {
      return broker.url as string;
    },
  };
  for (const contract of contracts) contract(subject);
});
