import { setImmediate } from 'node:timers/promises';
import { type Channel, type ConsumeMessage, connect } from 'amqplib';
import { payload } from '../payload.js';
import type { Consumption } from './consuming.js';

/** Acknowledges a message that was handled. */
type Settle = (channel: Channel, message: ConsumeMessage) => void;

/** Amqplib with nothing around it: an acknowledgement for each message. */
export function ackEach(url: string): Consumption {
  return bare(url, 'amqplib', (channel, message) => channel.ack(message));
}

/** The least that acknowledging can cost: what was handled in one turn of the loop is acknowledged at once. */
export function ackTogether(url: string): Consumption {
  let last: ConsumeMessage | undefined;
  return bare(url, 'amqplib, coalesced', (channel, message) => {
    if (!last)
      void setImmediate().then(() => {
        if (last) channel.ack(last, true);
        last = undefined;
      });
    last = message;
  });
}

/** Amqplib whose messages are handled by `handle`. */
export function bare(
  url: string,
  queue: string,
  settle: Settle,
  handle: (content: Buffer) => Promise<unknown> = async (content) => handler(JSON.parse(content.toString())),
): Consumption {
  return {
    queue,
    body: Buffer.from(JSON.stringify(payload)),
    start: async (prefetch) => {
      let taken = 0;
      let handled = 0;
      const model = await connect(url, { noDelay: true });
      const channel = await model.createChannel();
      await channel.assertQueue(queue, { durable: true });
      await channel.prefetch(prefetch);
      const { consumerTag } = await channel.consume(queue, async (message) => {
        if (!message) throw new Error('the consumer was cancelled');
        taken += 1;
        await handle(message.content);
        handled += 1;
        settle(channel, message);
      });
      return {
        handled: () => handled,
        stop: async () => {
          await channel.cancel(consumerTag);
          do await setImmediate();
          while (handled < taken);
          await model.close();
        },
      };
    },
  };
}

async function handler(_payload: unknown): Promise<void> {}
