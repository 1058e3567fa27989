import type { BackOff } from '@micro-framework/core';
import { retryHeaders } from '../../headers.js';
import { shortestWait, waitExchange, waitFor, waitsOf, waitTopology } from '../../topology/wait-queues.js';
import type { Delivery } from '../delivery.js';
import type { Copy, Retry, RetryParts, RetryStrategy } from './retry-strategy.js';

/** A copy waits in the queue of its delay, which all services share, and then comes home. */
export function waitRetry({ plan, capabilities }: RetryParts, backOff: BackOff | undefined): RetryStrategy {
  const waits = backOff ? waitsOf(backOff) : [];
  return {
    topology: waitTopology(plan.queue.name, waits, capabilities),
    queueArguments: {},
    intake: undefined,
    step(delivery, retry, now) {
      const { delay } = retry;
      if (delay < shortestWait) return { kind: 'copy', hold: delay, copy: copyHome(delivery, retry, now) };
      const exchange = waitExchange(waitFor(delay, waits));
      return { kind: 'copy', hold: 0, copy: { ...copyHome(delivery, retry, now), exchange } };
    },
    read: (message) => ({ message }),
  };
}

/** A copy that goes back to its queue at once. */
export function copyHome(delivery: Delivery, { attempt, error, call }: Retry, now: number): Copy {
  const headers = retryHeaders({ history: delivery.history, error, call, now }, attempt);
  return { exchange: '', routingKey: delivery.queue, headers };
}
