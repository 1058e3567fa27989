import type { RpcFailure, WireError } from '@micro-framework/core/rpc';
import type { QueueSpec } from '../../topology/topology.js';

// Calls as this framework writes them. A request goes straight to the queue of its target, by the default exchange: its
// body is the arguments as a JSON array, or an object of named ones; `expiration` is how long its caller waits. The answer
// goes where `replyTo` says, with the request's correlation id.

/** What an answer holds: one of both. */
export interface OwnAnswer {
  readonly result?: unknown;
  readonly error?: OwnError;
}

/** Why there is no result. */
export interface OwnError extends WireError {
  readonly failure: RpcFailure;
}

/** Where a caller is answered without a queue: the broker puts an address in its place. */
export const directReplyTo = 'amq.rabbitmq.reply-to';

/** A header of requests that do no harm when they run twice. */
export const idempotentHeader = 'x-mf-idempotent';

/** The queue of a target, shared by the instances of its service. */
export function targetQueueName(service: string, target: string): string {
  return `mf-rpc.${service}.${target}`;
}

/** The queue of those who want to know a service's targets. */
export function directoryQueueName(service: string): string {
  return `mf-rpc.${service}`;
}

/** Milliseconds that a queue without consumers lives on: calls survive a new version, and nothing a service that is gone. */
const queueLife = 300_000;

/** A queue of calls: callers learn at once that nobody serves them, once it is gone. */
export function callQueue(name: string): QueueSpec {
  return { name, arguments: { 'x-expires': queueLife } };
}
