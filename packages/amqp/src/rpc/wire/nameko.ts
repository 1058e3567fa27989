import type { Topology } from '../../topology/topology.js';

// What Nameko declares for its calls.

export const namekoExchange = 'nameko-rpc';

/** What a target is called there: methods have no classes. */
export function namekoMethod(target: string): string {
  return target.slice(target.lastIndexOf('.') + 1);
}

/** A queue that requests or answers come by, and the exchange they come from. */
export function namekoQueue(
  queue: string,
  key: string,
  given: Topology['queues'][0]['arguments'] = {},
): Topology {
  return {
    exchanges: [{ name: namekoExchange, type: 'topic', autoDelete: false }],
    queues: [{ name: queue, arguments: given }],
    bindings: [{ exchange: namekoExchange, queue, key }],
  };
}

/** An error as it is written. */
export interface NamekoError {
  readonly exc_type: string;
  /** Where Python finds its class. */
  readonly exc_path: string;
  readonly exc_args: readonly unknown[];
  /** The message. */
  readonly value: string;
}

/** Errors that mean something of Nameko's own. */
export const namekoErrors = {
  methodNotFound: 'MethodNotFound',
  incorrectSignature: 'IncorrectSignature',
  malformedRequest: 'MalformedRequest',
  unserializable: 'UnserializableValueError',
} as const;
