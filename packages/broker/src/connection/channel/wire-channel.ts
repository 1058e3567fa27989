import { AmqpError } from '../../amqp-error.js';
import { ByteWriter } from '../../codec/byte-writer.js';
import type { Method, MethodArguments, MethodName } from '../../codec/methods.js';
import type { Channel, ChannelSink } from '../../engine/channel/channel.js';
import type { Consumer } from '../../engine/channel/consumer.js';
import type { Message } from '../../engine/message/message.js';
import type { Queue } from '../../engine/queue/queue.js';
import type { ConnectionContext } from '../context.js';
import { writeContent, writeDelivery } from './content-frames.js';
import { answer } from './methods/answer.js';
import { Publishing } from './publishing.js';

/** One open channel as its client sees it: methods in, answers and deliveries out. */
export class WireChannel implements ChannelSink {
  readonly engineChannel: Channel;
  readonly publishing = new Publishing(this);
  /** Where the name of a queue is left empty, this one is meant. */
  lastQueue = '';
  readonly #tags = new WeakMap<Consumer, Buffer>();

  constructor(
    readonly number: number,
    /** Also the owner of the exclusive queues declared here. */
    readonly connection: ConnectionContext,
  ) {
    this.engineChannel = connection.server.engine.openChannel(this);
    if (connection.outbox.congested) this.engineChannel.pause(true);
  }

  method(method: Method): void {
    this.publishing.assertIdle();
    answer(this, method);
  }

  acked(tag: number, multiple: boolean): void {
    this.publishing.assertIdle();
    this.engineChannel.ack(tag, multiple);
  }

  reply<N extends MethodName>(name: N, args: MethodArguments<N>, noWait = false): void {
    if (!noWait) this.connection.send(this.number, name, args);
  }

  /** Sends a method that carries a message: `basic.return`, `basic.get-ok`. */
  sendContent<N extends MethodName>(name: N, args: MethodArguments<N>, message: Message): void {
    this.connection.send(this.number, name, args);
    const { outbox, handshake } = this.connection;
    writeContent(outbox, this.number, message, handshake.limits.frameMax);
    this.connection.intake.answered();
  }

  /** The queue a method names, or the last one declared here when it names none. */
  queueName(given: string): string {
    const name = given || this.lastQueue;
    if (name === '') throw new AmqpError('NOT_FOUND', 'no previously declared queue');
    return name;
  }

  queue(given: string): Queue {
    return this.connection.server.engine.queues.get(this.queueName(given), this.connection);
  }

  deliver(consumer: Consumer, deliveryTag: number, message: Message, redelivered: boolean): void {
    let tag = this.#tags.get(consumer);
    if (!tag) {
      tag = new ByteWriter().shortstr(consumer.settings.tag).take();
      this.#tags.set(consumer, tag);
    }
    const { outbox, handshake } = this.connection;
    const { frameMax } = handshake.limits;
    writeDelivery(outbox, this.number, tag, deliveryTag, redelivered, message, frameMax);
    outbox.checkCongestion();
  }

  cancelled(consumerTag: string): void {
    if (this.connection.handshake.understandsCancel)
      this.reply('basic.cancel', { consumerTag, noWait: true });
  }

  close(): void {
    this.publishing.close();
    this.connection.server.engine.closeChannel(this.engineChannel);
  }
}
