import type { Topology } from './topology.js';

/** What the queue of dead letters is called after the work queue. */
export const deadLetterSuffix = '.dead';

/** The queue that keeps what a work queue's handler could not do. */
export function deadLetterQueue(queue: string): string {
  return `${queue}${deadLetterSuffix}`;
}

/**
 * The dead letters of a queue. Classic by name: on a quorum queue of RabbitMQ 4 each look at a message counts as a
 * delivery, and after twenty looks it is dropped.
 */
export function deadLetterTopology(queue: string): Topology {
  return {
    exchanges: [],
    queues: [{ name: deadLetterQueue(queue), arguments: { 'x-queue-type': 'classic' } }],
    bindings: [],
  };
}
