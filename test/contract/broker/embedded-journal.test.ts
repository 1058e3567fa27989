import { after, before, suite } from 'node:test';
import { type Broker, startBroker } from '@micro-framework/broker';
import type { Subject } from '../../support/broker-client.js';
import { dataFolder } from '../../support/broker-process.js';
import { contracts } from './contracts.js';

suite('the embedded broker with a journal, in a thread', () => {
  let broker: Broker;
  before(async () => {
    const { storage } = dataFolder();
    broker = await startBroker({ username: 'guest', password: 'guest', storage, compactAt: 20_000 });
  });
  after(() => broker.close());
  const subject: Subject = {
    get url() {
      return broker.url as string;
    },
  };
  for (const contract of contracts) contract(subject);
});
