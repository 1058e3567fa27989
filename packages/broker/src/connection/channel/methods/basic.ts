import { AmqpError } from '../../../amqp-error.js';
import type { Method, MethodArguments } from '../../../codec/methods.js';
import { typeClass } from '../../../engine/equivalence.js';
import { generatedName } from '../../../engine/names.js';
import { replyQueue } from '../../../engine/replies.js';
import type { WireChannel } from '../wire-channel.js';

/** Answers the methods of the classes basic, confirm and channel; `false` for any other. */
export function answerBasic(channel: WireChannel, method: Method): boolean {
  const { engineChannel } = channel;
  switch (method.name) {
    case 'basic.nack': {
      const { deliveryTag, multiple, requeue } = method.args;
      if (requeue) engineChannel.requeue(deliveryTag, multiple);
      else engineChannel.reject(deliveryTag, multiple);
      return true;
    }
    case 'basic.reject':
      if (method.args.requeue) engineChannel.requeue(method.args.deliveryTag, false);
      else engineChannel.reject(method.args.deliveryTag, false);
      return true;
    case 'basic.consume':
      consume(channel, method.args);
      return true;
    case 'basic.cancel': {
      const { consumerTag, noWait } = method.args;
      channel.connection.server.engine.replies.end(engineChannel, consumerTag);
      engineChannel.cancel(consumerTag);
      channel.reply('basic.cancel-ok', { consumerTag }, noWait);
      return true;
    }
    case 'basic.get':
      get(channel, method.args);
      return true;
    case 'basic.qos': {
      const { prefetchSize, prefetchCount, global } = method.args;
      if (prefetchSize > 0) throw new AmqpError('NOT_IMPLEMENTED', `prefetch_size!=0 (${prefetchSize})`);
      engineChannel.limit(prefetchCount, global);
      channel.reply('basic.qos-ok', {});
      return true;
    }
    case 'basic.recover':
    case 'basic.recover-async':
      if (!method.args.requeue) throw new AmqpError('NOT_IMPLEMENTED', 'requeue=false');
      engineChannel.requeue(0, true);
      channel.reply('basic.recover-ok', {}, method.name === 'basic.recover-async');
      return true;
    case 'confirm.select':
      channel.publishing.confirm();
      channel.reply('confirm.select-ok', {}, method.args.noWait);
      return true;
    case 'channel.flow':
      if (!method.args.active) throw new AmqpError('NOT_IMPLEMENTED', 'active=false');
      channel.reply('channel.flow-ok', { active: true });
      return true;
  }
  return false;
}

function consume(channel: WireChannel, args: MethodArguments<'basic.consume'>): void {
  const { engineChannel } = channel;
  const { noAck, exclusive, noWait } = args;
  const tag = args.consumerTag || generatedName('amq.ctag-');
  if (engineChannel.has(tag)) throw new AmqpError('NOT_ALLOWED', `attempt to reuse consumer tag '${tag}'`);
  if (args.queue === replyQueue) {
    channel.connection.server.engine.replies.consume(engineChannel, tag, noAck);
    channel.reply('basic.consume-ok', { consumerTag: tag }, noWait);
    return;
  }
  const queue = channel.queue(args.queue);
  const priority = args.arguments.get('x-priority');
  if (priority && typeClass(priority.type) !== 'int') {
    const detail = `invalid arg 'x-priority' for ${queue.label}: "expected integer, got ${priority.type}"`;
    throw new AmqpError('PRECONDITION_FAILED', detail);
  }
  engineChannel.consume(queue, { tag, noAck, exclusive, priority: Number(priority?.value ?? 0) });
  channel.reply('basic.consume-ok', { consumerTag: tag }, noWait);
  queue.dispatch();
}

function get(channel: WireChannel, args: MethodArguments<'basic.get'>): void {
  const queue = channel.queue(args.queue);
  const fetched = channel.engineChannel.fetch(queue, args.noAck);
  if (!fetched) {
    channel.reply('basic.get-empty', { reserved: '' });
    return;
  }
  const { tag: deliveryTag, message, redelivered } = fetched;
  const { exchange, routingKey } = message;
  const messageCount = queue.waiting.length;
  channel.sendContent(
    'basic.get-ok',
    { deliveryTag, redelivered, exchange, routingKey, messageCount },
    message,
  );
}
