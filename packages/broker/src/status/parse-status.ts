import type { BrokerStatus, QueueStatus } from '../broker.js';

/** Reads an answer; whatever is not there counts as 0, for the broker may be of another version. */
export function parseStatus(body: Buffer): BrokerStatus {
  const { connections, bytes, blocked, failing, queues } = record(JSON.parse(body.toString()));
  return {
    connections: count(connections),
    bytes: count(bytes),
    blocked: blocked === true,
    failing: failing === true,
    queues: Array.isArray(queues) ? queues.map(parseQueue) : [],
  };
}

function parseQueue(value: unknown): QueueStatus {
  const { name, ready, unsettled, consumers } = record(value);
  return {
    name: String(name),
    ready: count(ready),
    unsettled: count(unsettled),
    consumers: count(consumers),
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value) as Readonly<Record<string, unknown>>;
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
