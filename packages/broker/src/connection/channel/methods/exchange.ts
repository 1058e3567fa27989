import type { Method } from '../../../codec/methods.js';
import type { WireChannel } from '../wire-channel.js';

/** Answers the methods of class exchange; `false` for any other. */
export function answerExchange(channel: WireChannel, method: Method): boolean {
  const { exchanges } = channel.connection.server.engine;
  switch (method.name) {
    case 'exchange.declare': {
      const { exchange, passive, noWait, arguments: args, ...settings } = method.args;
      if (passive) exchanges.get(exchange);
      else exchanges.declare(exchange, { ...settings, args });
      channel.reply('exchange.declare-ok', {}, noWait);
      return true;
    }
    case 'exchange.delete':
      exchanges.delete(method.args.exchange, method.args.ifUnused);
      channel.reply('exchange.delete-ok', {}, method.args.noWait);
      return true;
    case 'exchange.bind': {
      const { destination, source, routingKey, arguments: args, noWait } = method.args;
      exchanges.bind(exchanges.getBindable(destination), source, routingKey, args);
      channel.reply('exchange.bind-ok', {}, noWait);
      return true;
    }
    case 'exchange.unbind': {
      const { destination, source, routingKey, arguments: args, noWait } = method.args;
      const target = exchanges.byName.get(destination);
      if (target) exchanges.unbind(target, source, routingKey, args);
      channel.reply('exchange.unbind-ok', {}, noWait);
      return true;
    }
  }
  return false;
}
