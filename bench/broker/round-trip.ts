import type { Channel, ChannelModel } from 'amqplib';
import { quantile } from '../harness/statistics.js';
import type { Figure } from '../harness/suite.js';

const replyTo = 'amq.rabbitmq.reply-to';
const queue = 'round trip';
const request = Buffer.alloc(200, 'x');

export const roundTripGroup = 'one remote call at a time';

/** A caller and who answers it, a connection each; the answer goes the direct way. */
export class RoundTrip {
  readonly #models: readonly ChannelModel[];
  readonly #caller: Channel;
  #answered: () => void = () => {};

  private constructor(models: readonly ChannelModel[], caller: Channel) {
    this.#models = models;
    this.#caller = caller;
  }

  static async open(connect: () => Promise<ChannelModel>): Promise<RoundTrip> {
    const models = [await connect(), await connect()] as const;
    const [caller, service] = [await models[0].createChannel(), await models[1].createChannel()];
    const roundTrip = new RoundTrip(models, caller);
    await service.assertQueue(queue, { durable: false });
    await service.consume(queue, (message) => {
      if (!message) throw new Error('the service was cancelled');
      service.sendToQueue(message.properties.replyTo, message.content);
      service.ack(message);
    });
    await caller.consume(replyTo, () => roundTrip.#answered(), { noAck: true });
    return roundTrip;
  }

  async measure(seconds: number): Promise<Figure[]> {
    const latencies: number[] = [];
    const begin = performance.now();
    for (let now = begin; now < begin + seconds * 1_000; ) {
      await this.#call();
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
    const figure = (metric: string, value: number): Figure => {
      return { group: roundTripGroup, metric, unit: 'us', value: value * 1_000 };
    };
    return [figure('p50', quantile(latencies, 0.5)), figure('p99', quantile(latencies, 0.99))];
  }

  async close(): Promise<void> {
    for (const model of this.#models) await model.close();
  }

  #call(): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#caller.sendToQueue(queue, request, { replyTo });
    });
  }
}
