import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { eventually, fill, type Subject } from './broker-client.js';

const atOnce = 10;

/** Someone who goes on publishing, with confirms, and consuming while others do as they like. */
export class Bystander {
  /** Messages it was confirmed, and that came: all of them, once and in order. */
  done = 0;
  #came = 0;
  #stopping = false;
  readonly #work: Promise<void>;

  private constructor(
    readonly model: ChannelModel,
    readonly channel: ConfirmChannel,
    readonly queue: string,
  ) {
    this.#work = this.#goOn();
    this.#work.catch(() => {}); // `stop` tells of it
  }

  static async begin({ url }: Subject, queue: string): Promise<Bystander> {
    const model = await connect(url, { noDelay: true });
    model.on('error', () => {}); // what it waits for then is rejected
    const channel = await model.createConfirmChannel();
    channel.on('error', () => {});
    await channel.assertQueue(queue, { durable: true });
    return new Bystander(model, channel, queue);
  }

  /** Ends its work, and rejects where that was disturbed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#work;
  }

  async close(): Promise<void> {
    this.#stopping = true;
    await this.#work.catch(() => {});
    await this.model.close().catch(() => {}); // it may be closed by now
  }

  async #goOn(): Promise<void> {
    // Of what came it keeps a number only: it must not take part in what is measured.
    const wrong: string[] = [];
    const take = (body: string): void => {
      if (body !== String(this.#came++)) wrong.push(body);
    };
    const { channel, queue } = this;
    await channel.consume(queue, (message) => take(message?.content.toString() ?? '(cancelled)'), {
      noAck: true,
    });
    while (!this.#stopping) {
      const next = this.done + atOnce;
      await fill(
        channel,
        queue,
        Array.from({ length: atOnce }, (_, at) => String(this.done + at)),
      );
      await eventually(`message ${next} to come`, async () => this.#came >= next);
      assert.deepEqual(wrong, []);
      this.done = next;
      await turn();
    }
  }
}
