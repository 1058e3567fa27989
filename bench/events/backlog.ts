import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';

const burst = 1_000;

/** The messages that wait for a contender. Filled and counted on a connection of its own, by the same means for all. */
export class Backlog {
  readonly #model: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #queue: string;

  private constructor(model: ChannelModel, channel: ConfirmChannel, queue: string) {
    this.#model = model;
    this.#channel = channel;
    this.#queue = queue;
  }

  static async open(url: string, queue: string): Promise<Backlog> {
    const model = await connect(url, { noDelay: true });
    const channel = await model.createConfirmChannel();
    await channel.assertQueue(queue, { durable: true });
    return new Backlog(model, channel, queue);
  }

  /** Leaves that many persistent messages in the queue, all confirmed. */
  async fill(count: number, body: Buffer): Promise<void> {
    const properties = { persistent: true, contentType: 'application/json', contentEncoding: 'utf-8' };
    for (let left = count; left > 0; left -= burst) {
      for (let one = 0; one < Math.min(left, burst); one++)
        this.#channel.sendToQueue(this.#queue, body, properties);
      await this.#channel.waitForConfirms();
    }
  }

  /** Messages that are not delivered to anybody. */
  async ready(): Promise<number> {
    return (await this.#channel.checkQueue(this.#queue)).messageCount;
  }

  async purge(): Promise<void> {
    await this.#channel.purgeQueue(this.#queue);
  }

  close(): Promise<void> {
    return this.#model.close();
  }
}
