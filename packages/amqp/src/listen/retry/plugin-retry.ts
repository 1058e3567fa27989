import type { BackOff } from '@micro-framework/core';
import type { ConsumeMessage } from '../../connection/connection.js';
import { type Headers, headerNames, retryHeaders } from '../../headers.js';
import { pluginTopology } from '../../topology/plugin-delays.js';
import { shortestWait } from '../../topology/wait-queues.js';
import type { Delivery } from '../delivery.js';
import { decode } from '../payload/decode.js';
import { type BackOffEnvelope, openEnvelope, sealEnvelope } from './back-off-envelope.js';
import type { Copy, Received, RetryParts, RetryStrategy } from './retry-strategy.js';
import { copyHome } from './wait-retry.js';

const delayHeader = 'x-delay';
const milliseconds = 1_000;

/**
 * As the Python original does it, so that its instances and ours can retry each other's messages: an exchange of the
 * delayed-message plug-in holds a message for as long as its header says, and a queue of the listener's own gets it then.
 */
export function pluginRetry({ route, plan, config }: RetryParts, _backOff: BackOff): RetryStrategy {
  const { exchange, queue, key, topology } = pluginTopology(config.serviceName, route.target);
  return {
    topology,
    queueArguments: {},
    intake: queue,
    step(delivery, retry, now) {
      // What is no JSON would be none in its envelope either, and stop a Python instance.
      if (retry.delay < shortestWait || !isJson(delivery))
        return {
          kind: 'copy',
          hold: Math.min(retry.delay, milliseconds),
          copy: copyHome(delivery, retry, now),
        };
      const { message, history } = delivery;
      const envelope = { payload: message.content, retryCount: retry.attempt - 1, lastRetry: now };
      const own = retryHeaders({ history, error: retry.error, call: retry.call, now }, retry.attempt);
      const copy: Copy = {
        exchange,
        routingKey: key,
        headers: { ...own, [delayHeader]: { '!': 'int32', value: retry.delay } },
        body: sealEnvelope(envelope),
        // The plug-in returns every mandatory message.
        properties: { contentType: 'application/json', contentEncoding: 'utf-8', mandatory: false },
      };
      return { kind: 'copy', hold: 0, copy };
    },
    read: (message, from) => (from === queue ? received(message, plan.queue.name) : { message }),
  };
}

function isJson({ message: { content, properties } }: Delivery): boolean {
  const { contentType, contentEncoding } = properties as { contentType?: string; contentEncoding?: string };
  try {
    decode({ body: content, contentType, contentEncoding });
    return true;
  } catch {
    return false;
  }
}

/** The message as a copy of ours would be, whoever put it into its envelope. */
function received(message: ConsumeMessage, workQueue: string): Received {
  let envelope: BackOffEnvelope;
  try {
    envelope = openEnvelope(message.content);
  } catch (error) {
    return { message, unreadable: `its back-off envelope cannot be opened: ${(error as Error).message}` };
  }
  const { payload, retryCount, lastRetry } = envelope;
  const { [delayHeader]: _, ...headers }: Headers = message.properties.headers ?? {};
  const history = {
    [headerNames.originQueue]: workQueue,
    [headerNames.attempt]: retryCount + 1,
    [headerNames.firstFailure]: headers[headerNames.firstFailure] ?? lastRetry,
    [headerNames.lastFailure]: lastRetry,
  };
  const properties = { ...message.properties, headers: { ...headers, ...history } };
  return { message: { ...message, content: payload, properties } };
}
