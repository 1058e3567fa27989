import type { ChannelModel, ConfirmChannel } from 'amqplib';
import type { Figure } from '../harness/suite.js';

/** What is promised of the messages, and where the figures stand. */
export type Promised = 'kept' | 'not kept';

/** Messages that are published and not yet confirmed and consumed. */
const open = 1_000;
const prefetch = 200;
const body = Buffer.alloc(200, 'x');

export function throughputGroup(promised: Promised): string {
  return promised === 'kept' ? 'persistent messages' : 'messages in memory';
}

/** One publisher that waits for confirms, one consumer that acknowledges each message, a connection each. */
export class Throughput {
  readonly #models: readonly ChannelModel[];
  readonly #publisher: ConfirmChannel;
  readonly #queue: string;
  readonly #promised: Promised;
  #received = 0;
  #confirmed = 0;
  #moved: () => void = () => {};

  private constructor(
    models: readonly ChannelModel[],
    publisher: ConfirmChannel,
    queue: string,
    promised: Promised,
  ) {
    this.#models = models;
    this.#publisher = publisher;
    this.#queue = queue;
    this.#promised = promised;
  }

  static async open(connect: () => Promise<ChannelModel>, promised: Promised): Promise<Throughput> {
    const models = [await connect(), await connect()] as const;
    const [publisher, consumer] = [await models[0].createConfirmChannel(), await models[1].createChannel()];
    const queue = `throughput ${promised}`;
    await consumer.assertQueue(queue, { durable: promised === 'kept' });
    await consumer.prefetch(prefetch);
    const throughput = new Throughput(models, publisher, queue, promised);
    await consumer.consume(queue, (message) => {
      if (!message) throw new Error('the consumer was cancelled');
      consumer.ack(message);
      throughput.#received++;
      throughput.#moved();
    });
    return throughput;
  }

  async measure(seconds: number): Promise<Figure[]> {
    this.#received = 0;
    this.#confirmed = 0;
    let published = 0;
    const begin = performance.now();
    const end = begin + seconds * 1_000;
    await new Promise<void>((resolve) => {
      this.#moved = () => {
        const done = Math.min(this.#received, this.#confirmed);
        // In bursts of a quarter, as whoever has work in hand publishes.
        if (published - done > (open * 3) / 4) return;
        if (performance.now() < end) for (; published - done < open; published++) this.#publish();
        else if (done === published) resolve();
      };
      this.#moved();
    });
    const value = (published / (performance.now() - begin)) * 1_000;
    return [{ group: throughputGroup(this.#promised), metric: 'messages/s', unit: 'messages/s', value }];
  }

  async close(): Promise<void> {
    for (const model of this.#models) await model.close();
  }

  #publish(): void {
    this.#publisher.sendToQueue(this.#queue, body, { persistent: this.#promised === 'kept' }, (error) => {
      if (error) throw error;
      this.#confirmed++;
      this.#moved();
    });
  }
}
