import { AmqpError, replyCodes } from '../../amqp-error.js';
import type { CommitListener } from '../../durability.js';
import type { Published } from '../../engine/engine.js';
import type { Message } from '../../engine/message/message.js';
import { replyQueue } from '../../engine/replies.js';
import { statusReply } from '../../status/status-request.js';
import { type ConfirmSink, Confirms } from './confirms.js';
import { IncomingContent } from './incoming-content.js';
import type { WireChannel } from './wire-channel.js';

/** The publishing side of a channel: messages in, returns and confirms out. */
export class Publishing implements ConfirmSink, CommitListener {
  #confirms: Confirms | undefined;
  readonly #content = new IncomingContent();
  /** What the client is not to know yet, in order: a fault that tests ask for. */
  readonly #withheld: (() => void)[] = [];
  #flushDue = false;
  #closed = false;

  constructor(readonly channel: WireChannel) {}

  /** From the next message on, each is confirmed. */
  confirm(): void {
    this.#confirms ??= new Confirms();
  }

  assertIdle(): void {
    this.#content.assertIdle();
  }

  begin(frame: Buffer, at: number, size: number): void {
    this.#content.assertIdle();
    this.#content.begin(frame, at, size);
  }

  header(frame: Buffer, at: number, size: number): void {
    const { maxMessageBytes } = this.channel.connection.server;
    const message = this.#content.header(frame, at, size, maxMessageBytes);
    if (message) this.#publish(message);
  }

  body(frame: Buffer, at: number, size: number): void {
    const message = this.#content.body(frame, at, size);
    if (message) this.#publish(message);
  }

  ack(deliveryTag: number, multiple: boolean): void {
    this.#tell(() => this.channel.reply('basic.ack', { deliveryTag, multiple }));
  }

  nack(deliveryTag: number, multiple: boolean): void {
    this.#tell(() => this.channel.reply('basic.nack', { deliveryTag, multiple, requeue: false }));
  }

  written(batch: number): void {
    if (this.#closed || !this.#confirms) return;
    this.#confirms.written(batch);
    this.#flushSoon();
    if (this.#confirms.waits) this.channel.connection.server.durability.notify(this);
  }

  failed(batch: number): void {
    if (this.#closed || !this.#confirms) return;
    this.#confirms.failed(batch, this);
    if (this.#confirms.waits) this.channel.connection.server.durability.notify(this);
  }

  /** Sends the confirms that are due. */
  flush(): void {
    this.#flushDue = false;
    const { confirmsWithheld } = this.channel.connection.server.faults;
    if (this.#closed || confirmsWithheld) return;
    for (const tell of this.#withheld.splice(0)) tell();
    this.#confirms?.flush(this);
  }

  close(): void {
    this.#closed = true;
  }

  #tell(tell: () => void): void {
    if (!this.channel.connection.server.faults.confirmsWithheld) tell();
    else {
      this.#withheld.push(tell);
      this.#flushSoon();
    }
  }

  #publish(message: Message): void {
    const { faults, durability } = this.channel.connection.server;
    const before = durability.records;
    const accepted = this.#checked(message);
    const outcome = faults.takeNack() ? 'refused' : this.#route(accepted);
    if (outcome === 'unroutable' && this.#content.mandatory) this.#return(message);
    if (this.#confirms)
      this.#noteConfirm(this.#confirms, outcome === 'refused', durability.records !== before);
    this.channel.connection.intake.published();
  }

  #route(message: Message): Published {
    const { engine, status } = this.channel.connection.server;
    const outcome = engine.publish(message);
    const reply = outcome === 'unroutable' ? statusReply(message, status) : undefined;
    return reply ? engine.publish(reply) : outcome;
  }

  #noteConfirm(confirms: Confirms, refused: boolean, recorded: boolean): void {
    const { durability } = this.channel.connection.server;
    if (refused) {
      confirms.refuse(this);
      return;
    }
    const waited = confirms.waits;
    confirms.accept(recorded ? durability.batch : 0);
    if (confirms.waits && !waited) durability.notify(this);
    if (confirms.ready) this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    this.channel.connection.confirmsReady(() => this.flush());
  }

  #checked(message: Message): Message {
    const { engine } = this.channel.connection.server;
    if (this.#content.immediate) throw new AmqpError('NOT_IMPLEMENTED', 'immediate=true');
    if (message.exchange !== '') {
      const exchange = engine.exchanges.get(message.exchange);
      if (exchange.settings.internal)
        throw new AmqpError('ACCESS_REFUSED', `cannot publish to internal ${exchange.label}`);
    }
    const { username } = this.channel.connection.handshake;
    if (message.userId !== undefined && message.userId !== username) {
      const detail = `user_id property set to '${message.userId}' but authenticated user was '${username}'`;
      throw new AmqpError('PRECONDITION_FAILED', detail);
    }
    if (message.replyTo !== replyQueue) return message;
    return engine.replies.addressed(message, this.channel.engineChannel);
  }

  #return(message: Message): void {
    const { exchange, routingKey } = message;
    const reason = { code: replyCodes.NO_ROUTE, text: 'NO_ROUTE' };
    this.channel.sendContent('basic.return', { ...reason, exchange, routingKey }, message.visible);
  }
}
