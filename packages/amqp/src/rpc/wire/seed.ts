import type { Topology } from '../../topology/topology.js';

// What Python's micro_framework declares for its calls.

export const seedExchange = 'ufw-rpc';

/** A queue that requests or answers come by, and the exchange they come from. */
export function seedQueue(
  queue: string,
  key: string,
  given: Topology['queues'][0]['arguments'] = {},
): Topology {
  return {
    exchanges: [{ name: seedExchange, type: 'topic', autoDelete: false }],
    queues: [{ name: queue, arguments: given }],
    bindings: [{ exchange: seedExchange, queue, key }],
  };
}

/** By which a target is called. */
export function seedKey(service: string, target: string): string {
  return `${service}.${target}`;
}

/** By which a service is asked for its targets. */
export function seedDirectoryKey(service: string, command: string): string {
  return `${service}._broadcast.${command}`;
}
