import type { Topology } from './topology.js';

/** What the Python original declares for the retries of one target, and where it publishes them. */
export interface PluginDelays {
  readonly exchange: string;
  readonly queue: string;
  readonly key: string;
  readonly topology: Topology;
}

/** Exchange, queue and key of a target's retries; the exchange is of the delayed-message plug-in's type. */
export function pluginTopology(service: string, target: string): PluginDelays {
  const exchange = `${service}_backoff`;
  const queue = `${service}.${target}_backoff_queue`;
  const key = `${target}_backoff`;
  return {
    exchange,
    queue,
    key,
    topology: {
      exchanges: [
        {
          name: exchange,
          type: 'x-delayed-message',
          autoDelete: false,
          arguments: { 'x-delayed-type': 'direct' },
        },
      ],
      queues: [{ name: queue, arguments: {} }],
      bindings: [{ exchange, queue, key }],
    },
  };
}
