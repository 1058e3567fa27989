import { after, before, suite } from 'node:test';
import type { Subject } from '../../support/broker-client.js';
import { type RabbitNode, startNode } from '../../support/rabbitmq-node.js';
import { contracts } from './contracts.js';

suite('RabbitMQ', () => {
  let rabbit: RabbitNode;
  before(async () => {
    rabbit = await startNode();
    await rabbit.ready;
  });
  after(() => rabbit.stop());
  const subject: Subject = {
    get url() {
      return rabbit.address.uri;
    },
  };
  for (const contract of contracts) contract(subject);
});
