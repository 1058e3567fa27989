import { connect } from 'amqplib';
import type { RemoteEcho } from '../remote-echo.js';

const queue = 'bare';
const replies = 'amq.rabbitmq.reply-to';

/** The least that a remote call over RabbitMQ can be: direct reply-to, a correlation id, and a map of what waits. */
export const bareAmqplib: RemoteEcho = {
  start: async (broker) => {
    const model = await connect(broker, { noDelay: true });
    const channel = await model.createChannel();
    await channel.assertQueue(queue);
    await channel.prefetch(64);
    await channel.consume(queue, (message) => {
      if (!message) throw new Error('the consumer was cancelled');
      const [quote] = JSON.parse(message.content.toString()) as unknown[];
      const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
      channel.sendToQueue(replyTo, Buffer.from(JSON.stringify(quote)), { correlationId });
      channel.ack(message);
    });
    return 0;
  },
  connect: async (_port, broker) => {
    const model = await connect(broker, { noDelay: true });
    const channel = await model.createChannel();
    const open = new Map<string, (value: unknown) => void>();
    let last = 0;
    await channel.consume(
      replies,
      (message) => {
        const id = message?.properties.correlationId as string;
        open.get(id)?.(JSON.parse(String(message?.content)));
        open.delete(id);
      },
      { noAck: true },
    );
    return {
      call: (quote) =>
        new Promise((resolve) => {
          const correlationId = String(++last);
          open.set(correlationId, resolve);
          const body = Buffer.from(JSON.stringify([quote]));
          channel.sendToQueue(queue, body, { correlationId, replyTo: replies });
        }),
      close: () => model.close(),
    };
  },
};
