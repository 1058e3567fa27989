import assert from 'node:assert/strict';
import { after, before, suite } from 'node:test';
import { type Broker, startBroker } from '@micro-framework/broker';
import type { Subject } from '../../support/broker-client.js';
import { contracts } from './contracts.js';
import { handshake } from './handshake.js';
import { malformed } from './malformed.js';
import type { Contract } from './subject.js';

embedded('the embedded broker', contracts, () => ({}));

// The other parts are about bytes that the driver never sends, and have sockets of their own for them.
const throughTheDriver = contracts.filter((contract) => contract !== handshake && contract !== malformed);

embedded('the embedded broker, without sockets', throughTheDriver, (broker) => ({
  inProcess: () => broker().connect?.() ?? assert.fail('it runs in this thread'),
}));

function embedded(
  name: string,
  parts: readonly Contract[],
  reached: (broker: () => Broker) => Omit<Subject, 'url'>,
): void {
  suite(name, () => {
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
      ...reached(() => broker),
    };
    for (const contract of parts) contract(subject);
  });
}
