import { AmqpError } from '../amqp-error.js';
import type { Channel } from './channel/channel.js';
import { Consumer } from './channel/consumer.js';
import type { Message } from './message/message.js';
import { generatedName } from './names.js';

/** The name a client consumes from, and puts into `replyTo`, to be answered without a queue. */
export const replyQueue = 'amq.rabbitmq.reply-to';

/** Direct reply-to: for each channel that asked, an address that leads straight to its consumer. */
export class Replies {
  readonly #byAddress = new Map<string, Consumer>();
  readonly #addresses = new Map<Channel, string>();

  consume(channel: Channel, tag: string, noAck: boolean): void {
    if (this.#addresses.has(channel))
      throw new AmqpError('PRECONDITION_FAILED', 'reply consumer already set');
    if (!noAck) throw new AmqpError('PRECONDITION_FAILED', 'reply consumer cannot acknowledge');
    const address = generatedName(`${replyQueue}.`);
    const settings = { tag, noAck, exclusive: false, priority: 0, prefetch: 0 };
    this.#byAddress.set(address, new Consumer(channel, settings));
    this.#addresses.set(channel, address);
  }

  /** Ends the channel's reply consumer; only with `tag`, when it is that one. */
  end(channel: Channel, tag?: string): void {
    const address = this.#addresses.get(channel);
    if (address === undefined) return;
    if (tag !== undefined && this.#byAddress.get(address)?.settings.tag !== tag) return;
    this.#byAddress.delete(address);
    this.#addresses.delete(channel);
  }

  /** The message with the address of the channel's reply consumer in the place of the common name. */
  addressed(message: Message, channel: Channel): Message {
    const address = this.#addresses.get(channel);
    if (address === undefined)
      throw new AmqpError('PRECONDITION_FAILED', 'fast reply consumer does not exist');
    return message.derive({ properties: { replyTo: address } });
  }

  has(address: string): boolean {
    return this.#byAddress.has(address);
  }

  /** Delivers and tells whether there was someone. */
  deliver(message: Message): boolean {
    const consumer = this.#byAddress.get(message.routingKey);
    consumer?.channel.deliverReply(consumer, message);
    return consumer !== undefined;
  }
}
