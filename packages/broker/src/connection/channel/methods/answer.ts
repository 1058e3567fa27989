import { AmqpError } from '../../../amqp-error.js';
import type { Method } from '../../../codec/methods.js';
import type { WireChannel } from '../wire-channel.js';
import { answerBasic } from './basic.js';
import { answerExchange } from './exchange.js';
import { answerQueue } from './queue.js';

/** Does what a method asks for and answers it. Opening and closing of channels is the connection's. */
export function answer(channel: WireChannel, method: Method): void {
  if (!(answerBasic(channel, method) || answerQueue(channel, method) || answerExchange(channel, method)))
    throw new AmqpError('COMMAND_INVALID', 'unimplemented method');
}
