/** What the broker at the other end can do, told from what it says of itself. */
export interface Capabilities {
  /** Quorum queues with message TTL and at-least-once dead-lettering: RabbitMQ 3.10. */
  readonly quorumWaits: boolean;
  /** Quorum queues that hold back by themselves what was rejected: RabbitMQ 4.3. */
  readonly delayedRetry: boolean;
}

/**
 * Reads a broker's own description. A broker that is not known to offer something is not asked for it. The embedded one
 * needs no quorum queues: it takes a message from one queue to the next in a single step, on disk, too.
 */
export function capabilitiesOf({ product, version }: { product?: string; version?: string }): Capabilities {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const isFrom = (from: number, least: number): boolean =>
    product === 'RabbitMQ' && (major > from || (major === from && minor >= least));
  return { quorumWaits: isFrom(3, 10), delayedRetry: isFrom(4, 3) };
}
