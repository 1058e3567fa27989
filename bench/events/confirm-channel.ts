import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import type { Contender } from '../harness/suite.js';
import { payload } from '../payload.js';
import { publishing } from './publishing.js';
import { Sink } from './sink.js';

/**
 * Amqplib's confirm channel with nothing around it. The message has the properties that events have on the wire, since
 * RabbitMQ takes longer for each of them: what is compared is the publishing.
 */
export async function confirmChannel(url: string): Promise<Contender> {
  const model = await connect(url, { noDelay: true });
  const channel = await model.createConfirmChannel();
  const exchange = 'confirm channel';
  await channel.assertExchange(exchange, 'topic', { durable: true });
  const sink = await Sink.open(url, exchange);
  const properties = {
    persistent: true,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    priority: 0,
  };
  const publish = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(JSON.stringify(payload));
      const messageId = randomUUID();
      channel.publish(exchange, 'order_placed', body, { ...properties, messageId }, (error) =>
        error ? reject(error as Error) : resolve(),
      );
    });
  return publishing(publish, sink, () => model.close());
}
