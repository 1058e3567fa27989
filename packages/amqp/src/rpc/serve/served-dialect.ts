import type { RpcAnswer, RpcRequest, TargetInfo } from '@micro-framework/core/rpc';
import type { ConsumeMessage } from '../../connection/connection.js';
import type { Publication } from '../../publish/publisher.js';
import type { Topology } from '../../topology/topology.js';

/** What a message asks for. */
export type ReadRequest =
  | { readonly kind: 'call'; readonly target: string; readonly request: RpcRequest }
  /** All targets, or one of them. */
  | { readonly kind: 'targets' }
  | { readonly kind: 'target'; readonly target: string }
  /** It can be answered as it is: it makes no sense, or must not be begun. */
  | { readonly kind: 'answered'; readonly answer: RpcAnswer };

/** A queue of requests. */
export interface RequestQueue {
  readonly name: string;
  /** The queue, and what leads to it. */
  readonly topology: Topology;
}

/** One protocol, as a service serves it. */
export interface ServedDialect {
  /** The queue of a target's own, if it has one. */
  targetQueue(service: string, target: string): RequestQueue | undefined;
  /** The queue of the service: for all else, or for all. */
  serviceQueue(service: string): RequestQueue;
  /** What a target is called in this protocol. */
  nameOf(target: string): string;
  /** Reads a message. `target` is whose queue it came from; undefined for that of the service. */
  read(message: ConsumeMessage, target: string | undefined): ReadRequest;
  /** The answer as it is published; undefined where the message wants none. Results are JSON text. */
  reply(message: ConsumeMessage, answer: RpcAnswer): Publication | undefined;
  /** What the targets come to, as JSON. */
  tell(targets: readonly TargetInfo[]): string;
  /** One of them; an answer of its own where there is none. */
  tellOf(target: TargetInfo | undefined, name: string): RpcAnswer;
  /**
   * Where answers go. `direct`: to the callers' own channels, through no queue. `queue`: to a queue, by an exchange.
   */
  readonly answers: 'direct' | 'queue';
  /** Callers try again when there is no room, or the service stops; requests of others wait in the queue. */
  readonly triesAgain: boolean;
}
