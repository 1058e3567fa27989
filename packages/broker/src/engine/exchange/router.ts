import type { Message } from '../message/message.js';
import type { Queue } from '../queue/queue.js';
import type { Exchange } from './exchange.js';

/**
 * The queues a message reaches from an exchange, each once: through bindings between exchanges, and through the
 * alternate exchange of every exchange where nothing matched.
 */
export function route(
  message: Message,
  from: Exchange,
  exchanges: ReadonlyMap<string, Exchange>,
): readonly Queue[] {
  const direct = from.match(message);
  const only = direct[0];
  if (direct.length === 1 && only?.kind === 'queue') return [only];
  const queues = new Set<Queue>();
  const seen = new Set([from]);
  // A for loop over a Set also visits what is added on the way.
  for (const exchange of seen) {
    const destinations = exchange === from ? direct : exchange.match(message);
    for (const destination of destinations)
      if (destination.kind === 'queue') queues.add(destination);
      else seen.add(destination);
    const alternate = exchange.alternate === undefined ? undefined : exchanges.get(exchange.alternate);
    if (destinations.length === 0 && alternate) seen.add(alternate);
  }
  return [...queues];
}
