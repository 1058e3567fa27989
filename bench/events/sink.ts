import { type Channel, type ChannelModel, connect } from 'amqplib';

/** A queue that keeps what is published to an exchange until it is emptied. */
export class Sink {
  readonly #model: ChannelModel;
  readonly #channel: Channel;
  readonly #queue: string;

  private constructor(model: ChannelModel, channel: Channel, queue: string) {
    this.#model = model;
    this.#channel = channel;
    this.#queue = queue;
  }

  /** @param exchange - must be declared */
  static async open(url: string, exchange: string): Promise<Sink> {
    const model = await connect(url, { noDelay: true });
    const channel = await model.createChannel();
    const queue = `${exchange} sink`;
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, exchange, '#');
    return new Sink(model, channel, queue);
  }

  /** Empties it and tells how many messages there were. */
  async empty(): Promise<number> {
    return (await this.#channel.purgeQueue(this.#queue)).messageCount;
  }

  close(): Promise<void> {
    return this.#model.close();
  }
}
