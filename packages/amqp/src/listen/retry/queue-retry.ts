import { type BackOff, defaultMaxRetries, intervalOf } from '@micro-framework/core';
import type { ConsumeMessage } from '../../connection/connection.js';
import { type Headers, headerNames } from '../../headers.js';
import { type Arguments, joined } from '../../topology/topology.js';
import type { RetryParts, RetryStrategy } from './retry-strategy.js';

// RabbitMQ 4.3: a quorum queue can hold back what was rejected, for a delay that grows by the same step each time. No copy
// is made, so no headers tell of the failure until the message is dead-lettered: the broker counts, in `x-delivery-count`.

const deliveryCount = 'x-delivery-count';

/**
 * What the broker gives up on goes to the dead letters, like everything else, but without our headers. It must not come to
 * that before we have given up: lost connections count as deliveries, too.
 */
const spareDeliveries = 20;

/** The queue's own delayed retry, where broker, queue and schedule allow it. */
export function queueRetry({ plan, capabilities }: RetryParts, backOff: BackOff): RetryStrategy | undefined {
  const isQuorum = plan.queue.arguments['x-queue-type'] === 'quorum' && !plan.queue.foreign;
  const bounds = boundsOf(backOff);
  if (!capabilities.delayedRetry || !isQuorum || !bounds) return undefined;
  return {
    topology: joined(),
    queueArguments: { ...bounds, 'x-delivery-limit': limitOf(backOff) },
    intake: undefined,
    step: () => ({ kind: 'return' }),
    read: (message, queue) => ({ message: counted(message, queue) }),
  };
}

/** The first delay and the longest, where all delays follow from them: `min(first * attempt, longest)`. */
function boundsOf(backOff: BackOff): Arguments | undefined {
  const { interval } = backOff;
  if (typeof interval === 'function') return undefined;
  if (typeof interval === 'object' && (interval.type === 'exponential' || interval.jitter)) return undefined;
  const at = (attempt: number): number => intervalOf(backOff, { attempt, error: none }, () => 0);
  const [first, longest] = [at(1), at(backOff.maxRetries ?? defaultMaxRetries)];
  if (first < 1) return undefined;
  return { 'x-delayed-retry-type': 'failed', 'x-delayed-retry-min': first, 'x-delayed-retry-max': longest };
}

const none = { name: 'Error', message: '' };

function limitOf({ maxRetries = defaultMaxRetries }: BackOff): number {
  return Number.isFinite(maxRetries) ? maxRetries + spareDeliveries : -1;
}

/** The message with the attempt that it is, as one of our copies would have it. */
function counted(message: ConsumeMessage, queue: string): ConsumeMessage {
  const headers: Headers = message.properties.headers ?? {};
  const { [deliveryCount]: count } = headers;
  if (typeof count !== 'number' || count < 1) return message;
  const isOurs = headers[headerNames.originQueue] === queue;
  const before = isOurs ? Number(headers[headerNames.attempt]) || 1 : 1;
  const history = { [headerNames.originQueue]: queue, [headerNames.attempt]: before + count };
  return { ...message, properties: { ...message.properties, headers: { ...headers, ...history } } };
}
