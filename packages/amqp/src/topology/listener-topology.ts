import type { Capabilities } from '../connection/capabilities.js';
import { deadLetterQueue } from './dead-letters.js';
import { type Arguments, type ExchangeSpec, joined, type QueueSpec, type Topology } from './topology.js';

/** An exchange, and how a queue is bound to it. */
export interface SourceSpec {
  readonly exchange: ExchangeSpec;
  readonly key: string;
  readonly arguments: Arguments;
}

/** A listener's queue and what it belongs to. */
export interface ListenerParts {
  readonly queue: QueueSpec;
  /** Where the queue is filled from; none where others fill it. */
  readonly source: SourceSpec | undefined;
  /** The queue by whose name dead letters are kept: its own, or, where each instance has one, the name they share. */
  readonly sharedName: string;
}

/** What a listener listens on: the exchange, its queue, and the binding between them. */
export function listenerTopology(
  { queue, source, sharedName }: ListenerParts,
  capabilities: Capabilities,
): Topology {
  const isQuorum = queue.arguments['x-queue-type'] === 'quorum';
  const given = isQuorum
    ? { ...quorumArguments(deadLetterQueue(sharedName), capabilities), ...queue.arguments }
    : queue.arguments;
  const alone: Topology = { exchanges: [], queues: [{ ...queue, arguments: given }], bindings: [] };
  return source ? joined(alone, bindingTopology(queue.name, source)) : alone;
}

function bindingTopology(queue: string, { exchange, key, arguments: given }: SourceSpec): Topology {
  const binding = { exchange: exchange.name, queue, key, arguments: given };
  return { exchanges: [exchange], queues: [], bindings: [binding] };
}

/**
 * From RabbitMQ 4 on a quorum queue drops a message that was handed back twenty times, as happens to one that waits for
 * workers, or for a service that is started again and again. Retries do not count: each is a new message. So that
 * nothing is lost, what the queue gives up on goes to the dead letters.
 */
function quorumArguments(deadLetters: string, { quorumWaits }: Capabilities): Arguments {
  const safely = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };
  return {
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': deadLetters,
    ...(quorumWaits && safely),
  };
}
