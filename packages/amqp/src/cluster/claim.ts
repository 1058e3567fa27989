import { ConfigError } from '@micro-framework/core';
import type { Capabilities } from '../connection/capabilities.js';
import type { ConsumeMessage } from '../connection/connection.js';
import type { Publication } from '../publish/publisher.js';
import type { Topology } from '../topology/topology.js';

/** A message of an election's queue. */
export interface Claim {
  /** Of this message alone. */
  readonly id: string;
  /**
   * `claim`: the sender wants to have the moment. `call`: it only repeats the latest that was claimed, as far as it
   * knows; nobody gets a moment by it.
   */
  readonly kind: 'claim' | 'call';
  /** Milliseconds since 1970; 0 where none was ever claimed. */
  readonly moment: number;
  /** Who sends it, for whoever looks into the queue. */
  readonly sender: string;
}

/** The queue of an election: `timer__<service>.<Class.method>`. Throws a `ConfigError` where that is too long. */
export function electionQueue(service: string, name: string): string {
  const queue = `timer__${service}.${name}`;
  if (Buffer.byteLength(queue) <= 255) return queue;
  throw ConfigError.of([
    `the queue of the cluster timer ${name} would be called ${queue}, which is too long: shorten the names of class and ` +
      'method, or of the service.',
  ]);
}

/**
 * A queue with a single active consumer. Where the broker has quorum queues it is one: then timers go on when a node of
 * a cluster of brokers fails.
 */
export function electionTopology(queue: string, { quorumWaits }: Capabilities): Topology {
  const type = quorumWaits ? 'quorum' : 'classic';
  return {
    exchanges: [],
    queues: [{ name: queue, arguments: { 'x-queue-type': type, 'x-single-active-consumer': true } }],
    bindings: [],
  };
}

/** The message of a claim. */
export function claimMessage(queue: string, { id, kind, moment, sender }: Claim): Publication {
  const body = { kind, moment: moment === 0 ? null : new Date(moment).toISOString(), sender };
  return {
    exchange: '',
    routingKey: queue,
    body: Buffer.from(JSON.stringify(body)),
    properties: { messageId: id, persistent: true, mandatory: true, contentType: 'application/json' },
  };
}

/** The claim of a message; undefined when it holds none, as somebody else has sent it. */
export function readClaim({ content, properties }: ConsumeMessage): Claim | undefined {
  let body: Partial<Record<string, unknown>>;
  try {
    body = Object(JSON.parse(content.toString()));
  } catch {
    return undefined;
  }
  const { kind } = body;
  const moment = body.moment === null ? 0 : Date.parse(String(body.moment));
  if ((kind !== 'claim' && kind !== 'call') || Number.isNaN(moment)) return undefined;
  return { id: String(properties.messageId), kind, moment, sender: String(body.sender) };
}
