import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';

export interface ConsumerSettings {
  readonly prefetch: number;
  readonly noAck: boolean;
}

/**
 * A consumer of one queue on a channel of its own: what comes there comes in an order, and what is settled there up
 * to a tag is that one queue's.
 */
export class TracedConsumer {
  /** What has come since it was last asked. */
  #come: ConsumeMessage[] = [];
  /** What has come and is not settled. */
  held: ConsumeMessage[] = [];

  private constructor(
    readonly channel: Channel,
    readonly queue: string,
  ) {}

  static async open(
    model: ChannelModel,
    queue: string,
    { prefetch, noAck }: ConsumerSettings,
  ): Promise<TracedConsumer> {
    const channel = await model.createChannel();
    await channel.prefetch(prefetch);
    const consumer = new TracedConsumer(channel, queue);
    const take = (message: ConsumeMessage | null): void => {
      if (message === null) throw new Error(`the consumer of ${queue} was cancelled`);
      consumer.#come.push(message);
      if (!noAck) consumer.held.push(message);
    };
    await channel.consume(queue, take, { noAck });
    return consumer;
  }

  /** Waits until the broker has done what was asked on this channel, and all it had to deliver here has come. */
  async settled(): Promise<void> {
    await this.channel.checkQueue(this.queue);
  }

  news(): readonly ConsumeMessage[] {
    return this.#come.splice(0);
  }
}
