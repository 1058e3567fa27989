import { connect } from '@micro-framework/amqp';
import type { Contender } from '../harness/suite.js';
import { payload } from '../payload.js';
import { publishing } from './publishing.js';
import { Sink } from './sink.js';

/** Our producer; that of `runner.get(Producer)` and of handlers that publish with `immediate` is the same. */
export async function producer(url: string): Promise<Contender> {
  // Not that of whose events the listeners are bound to: their queues would get each message, too.
  const serviceName = 'till';
  const till = await connect({ amqpUri: url, serviceName, logLevel: 'error' });
  const sink = await Sink.open(url, `${serviceName}.events`);
  return publishing(
    () => till.publish('order_placed', payload),
    sink,
    () => till.close(),
  );
}
