import type { Channel } from '../connection/connection.js';
import { declareExchange, declareQueue } from './declare.js';

// What a service wants on the broker, as data; `declare` carries it out. Declaring is idempotent: it is done at the
// start, and again on every new connection.

export interface ExchangeSpec {
  readonly name: string;
  /** `topic`, `direct`, `fanout`, `headers`, or one of a plug-in. */
  readonly type: string;
  /** Default: true. */
  readonly durable?: boolean;
  readonly autoDelete: boolean;
  /** The exchange that gets what no binding of this one takes. Default: nobody. */
  readonly alternate?: string;
  readonly arguments?: Arguments;
  /** Somebody else declares it: here it only has to exist. */
  readonly foreign?: boolean;
}

export interface QueueSpec {
  readonly name: string;
  /** Default: true. */
  readonly durable?: boolean;
  /** The broker deletes it with its last consumer. Default: false. */
  readonly autoDelete?: boolean;
  readonly arguments: Arguments;
  /** Somebody else declares it: here it only has to exist. */
  readonly foreign?: boolean;
}

interface BindingSpec {
  readonly exchange: string;
  readonly queue: string;
  readonly key: string;
  readonly arguments?: Arguments;
}

/** Arguments of a declaration, those that begin with `x-`. */
export type Arguments = Readonly<Record<string, unknown>>;

/** Exchanges, queues and bindings. */
export interface Topology {
  readonly exchanges: readonly ExchangeSpec[];
  readonly queues: readonly QueueSpec[];
  readonly bindings: readonly BindingSpec[];
  /** Who wants it, for messages: `Orders.price (/app/orders.js)`. Default: the service. */
  readonly owner?: string;
}

/** Several topologies as one. */
export function joined(...parts: readonly Topology[]): Topology {
  return {
    exchanges: parts.flatMap(({ exchanges }) => exchanges),
    queues: parts.flatMap(({ queues }) => queues),
    bindings: parts.flatMap(({ bindings }) => bindings),
  };
}

/** Declares a topology on a channel that is of no further use when this throws: the broker has closed it. */
export async function declare(channel: Channel, topology: Topology): Promise<void> {
  const { exchanges, queues, bindings, owner = 'This service' } = topology;
  for (const exchange of exchanges) await declareExchange(channel, exchange, owner);
  for (const queue of queues) await declareQueue(channel, queue, owner);
  for (const binding of bindings) {
    await channel.bindQueue(binding.queue, binding.exchange, binding.key, binding.arguments ?? {});
  }
}
