import { connect } from 'amqplib';
import type { Contender } from '../harness/suite.js';
import { payload } from '../payload.js';
import { publishing } from './publishing.js';
import { Sink } from './sink.js';

/** Amqplib's confirm channel with nothing around it. */
export async function confirmChannel(url: string): Promise<Contender> {
  const model = await connect(url, { noDelay: true });
  const channel = await model.createConfirmChannel();
  const exchange = 'confirm channel';
  await channel.assertExchange(exchange, 'topic', { durable: true });
  const sink = await Sink.open(url, exchange);
  const properties = { persistent: true, contentType: 'application/json', contentEncoding: 'utf-8' };
  const publish = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(JSON.stringify(payload));
      channel.publish(exchange, 'order_placed', body, properties, (error) =>
        error ? reject(error as Error) : resolve(),
      );
    });
  return publishing(publish, sink, () => model.close());
}
