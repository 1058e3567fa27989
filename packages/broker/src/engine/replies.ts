import { AmqpError } from '../amqp-error.js';
import type { Channel } from './channel/channel.js';
import { Consumer } from './channel/consumer.js';
import { ReplyLine } from './channel/reply-line.js';
import type { MemoryAccount } from './message/memory-account.js';
import type { Message } from './message/message.js';
import { generatedName } from './names.js';

/** The name a client consumes from, and puts into `replyTo`, to be answered without a queue. */
export const replyQueue = 'amq.rabbitmq.reply-to';

/** Direct reply-to: for each channel that asked, an address that leads straight to its consumer. */
export class Replies {
  readonly #byAddress = new Map<string, ReplyLine>();
  readonly #addresses = new Map<Channel, string>();

  constructor(readonly memory: MemoryAccount) {}

  consume(channel: Channel, tag: string, noAck: boolean): void {
    if (this.#addresses.has(channel))
      throw new AmqpError('PRECONDITION_FAILED', 'reply consumer already set');
    if (!noAck) throw new AmqpError('PRECONDITION_FAILED', 'reply consumer cannot acknowledge');
    const address = generatedName(`${replyQueue}.`);
    const settings = { tag, noAck, exclusive: false, priority: 0, prefetch: 0 };
    const line = new ReplyLine(new Consumer(channel, settings), this.memory);
    channel.replyLine = line;
    this.#byAddress.set(address, line);
    this.#addresses.set(channel, address);
  }

  /** Ends the channel's reply consumer; only with `tag`, when it is that one. */
  end(channel: Channel, tag?: string): void {
    const address = this.#addresses.get(channel);
    if (address === undefined) return;
    const line = this.#byAddress.get(address);
    if (tag !== undefined && line?.consumer.settings.tag !== tag) return;
    line?.end();
    channel.replyLine = undefined;
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
    const line = this.#byAddress.get(message.routingKey);
    line?.deliver(message);
    return line !== undefined;
  }
}
