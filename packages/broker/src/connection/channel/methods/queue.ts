import { AmqpError } from '../../../amqp-error.js';
import type { Method, MethodArguments } from '../../../codec/methods.js';
import { refuseDefault } from '../../../engine/exchange/exchanges.js';
import { replyQueue } from '../../../engine/replies.js';
import type { WireChannel } from '../wire-channel.js';

/** Answers the methods of class queue; `false` for any other. */
export function answerQueue(channel: WireChannel, method: Method): boolean {
  const { queues, exchanges } = channel.connection.server.engine;
  const owner = channel.connection;
  switch (method.name) {
    case 'queue.declare':
      declare(channel, method.args);
      return true;
    case 'queue.bind': {
      const { queue, exchange, routingKey, arguments: args, noWait } = method.args;
      refuseDefault(exchange);
      exchanges.get(exchange); // of two missing things RabbitMQ names the exchange
      exchanges.bind(channel.queue(queue), exchange, routingKey, args);
      channel.reply('queue.bind-ok', {}, noWait);
      return true;
    }
    case 'queue.unbind': {
      const { queue, exchange, routingKey, arguments: args } = method.args;
      refuseDefault(exchange);
      const name = channel.queueName(queue);
      if (queues.byName.has(name)) exchanges.unbind(queues.get(name, owner), exchange, routingKey, args);
      channel.reply('queue.unbind-ok', {});
      return true;
    }
    case 'queue.purge': {
      const messageCount = channel.queue(method.args.queue).purge();
      channel.reply('queue.purge-ok', { messageCount }, method.args.noWait);
      return true;
    }
    case 'queue.delete': {
      const { queue, ifUnused, ifEmpty, noWait } = method.args;
      const messageCount = queues.delete(channel.queueName(queue), owner, { ifUnused, ifEmpty });
      channel.reply('queue.delete-ok', { messageCount }, noWait);
      return true;
    }
  }
  return false;
}

function declare(channel: WireChannel, args: MethodArguments<'queue.declare'>): void {
  const { queues, replies, exchanges } = channel.connection.server.engine;
  if (args.queue.startsWith(replyQueue)) {
    if (args.queue !== replyQueue && !replies.has(args.queue))
      throw new AmqpError('NOT_FOUND', `no ${exchanges.label('queue', args.queue)}`);
    channel.lastQueue = args.queue;
    channel.reply('queue.declare-ok', { queue: args.queue, messageCount: 0, consumerCount: 1 }, args.noWait);
    return;
  }
  const { durable, exclusive, autoDelete } = args;
  const queue = args.passive
    ? channel.queue(args.queue)
    : queues.declare(
        args.queue,
        { durable, exclusive, autoDelete, args: args.arguments },
        channel.connection,
      );
  queue.touch();
  channel.lastQueue = queue.name;
  const counts = { messageCount: queue.waiting.length, consumerCount: queue.turns.size };
  channel.reply('queue.declare-ok', { queue: queue.name, ...counts }, args.noWait);
}
