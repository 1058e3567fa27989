import { connect } from '@micro-framework/amqp';
import type { Contender } from '../harness/suite.js';
import { payload } from '../payload.js';
import { publishing } from './publishing.js';
import { Sink } from './sink.js';

/** Our producer; that of `runner.get(Producer)` and of handlers that publish with `immediate` is the same. */
export async function producer(url: string): Promise<Contender> {
  const serviceName = 'shop';
  const shop = await connect({ amqpUri: url, serviceName, logLevel: 'error' });
  const sink = await Sink.open(url, `${serviceName}.events`);
  return publishing(
    () => shop.publish('order_placed', payload),
    sink,
    () => shop.close(),
  );
}
