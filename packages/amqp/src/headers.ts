import type { DeadLetterReason, WireError } from '@micro-framework/core';
import { readCallIdStack, sentCallIdStack } from '@micro-framework/core/rpc';

// What travels with a message from attempt to attempt and into the dead letters. Times are milliseconds since 1970.

/** Names of the framework's headers. */
export const headerNames = {
  /** The attempt that the next delivery is: 2 for the first retry. */
  attempt: 'x-mf-attempt',
  firstFailure: 'x-mf-first-failure',
  lastFailure: 'x-mf-last-failure',
  /** Id of the call that failed last: the log is searched by it. */
  callId: 'x-mf-call-id',
  errorName: 'x-mf-error-name',
  errorCode: 'x-mf-error-code',
  errorMessage: 'x-mf-error-message',
  /** Names the place in the code that failed: equal failures have equal ones. */
  errorStackHash: 'x-mf-error-stack-hash',
  /** Why it is a dead letter: `rejected`, `failed`, `crashed`, `timed-out`. */
  reason: 'x-mf-reason',
  /** Where it was before its first retry, so that it can be sent there again. */
  originExchange: 'x-mf-origin-exchange',
  originRoutingKey: 'x-mf-origin-routing-key',
  originQueue: 'x-mf-origin-queue',
  /** Present when the original headers could not be sent again, and why. */
  headersLost: 'x-mf-headers-lost',
} as const;

/** Nameko's: ids of the calls that led to the message, the oldest first. */
export const callIdStackHeader = 'nameko.call_id_stack';

/** A headers table, as the driver decodes it. */
export type Headers = Readonly<Record<string, unknown>>;

/** What the framework knows of a message's earlier attempts. */
export interface History {
  /** 1 for a message that was not tried before. */
  readonly attempt: number;
  readonly firstFailure: number | undefined;
  readonly lastFailure: number | undefined;
  readonly origin: Origin;
}

/** How a message first came: exchange, routing key and queue. */
export interface Origin {
  readonly exchange: string;
  readonly routingKey: string;
  readonly queue: string;
}

/** Reads a delivery's history. Headers of another queue's attempts do not count: the message was sent on. */
export function readHistory(headers: Headers, delivered: Origin): History {
  const own = get(headers, headerNames.originQueue) === delivered.queue;
  const attempt = own ? number(get(headers, headerNames.attempt)) : undefined;
  if (attempt === undefined || attempt < 1) {
    return { attempt: 1, firstFailure: undefined, lastFailure: undefined, origin: delivered };
  }
  return {
    attempt,
    firstFailure: number(get(headers, headerNames.firstFailure)),
    lastFailure: number(get(headers, headerNames.lastFailure)),
    origin: {
      exchange: name(get(headers, headerNames.originExchange)) ?? delivered.exchange,
      routingKey: name(get(headers, headerNames.originRoutingKey)) ?? delivered.routingKey,
      queue: delivered.queue,
    },
  };
}

/** An attempt that failed now. */
export interface FailedAttempt {
  readonly history: History;
  readonly error: WireError;
  /** Id of its call. */
  readonly call: string;
  readonly now: number;
}

/** The framework's headers of a copy that waits for its next attempt. */
export function retryHeaders(failed: FailedAttempt, attempt: number): Headers {
  return { ...failureHeaders(failed), [headerNames.attempt]: attempt };
}

/** The framework's headers of a dead letter. */
export function deadLetterHeaders(failed: FailedAttempt, attempt: number, reason: DeadLetterReason): Headers {
  return { ...failureHeaders(failed), [headerNames.attempt]: attempt, [headerNames.reason]: reason };
}

function failureHeaders({ history, error, call, now }: FailedAttempt): Headers {
  const stackHash = stackHashOf(error);
  return {
    [headerNames.firstFailure]: history.firstFailure ?? now,
    [headerNames.lastFailure]: now,
    [headerNames.callId]: clip(call),
    [headerNames.errorName]: clip(error.name),
    ...(error.code !== undefined && { [headerNames.errorCode]: clip(error.code) }),
    [headerNames.errorMessage]: clip(error.message),
    ...(stackHash !== undefined && { [headerNames.errorStackHash]: stackHash }),
    [headerNames.originExchange]: history.origin.exchange,
    [headerNames.originRoutingKey]: history.origin.routingKey,
    [headerNames.originQueue]: history.origin.queue,
  };
}

// That a worker died is found out by the framework; what killed it, if anybody knows, is the cause.
function stackHashOf({ stackHash, cause }: WireError): string | undefined {
  return stackHash ?? (cause && stackHashOf(cause));
}

/**
 * The headers as their sender wrote them. Left out are the framework's own; the broker's notes on dead-lettering, which
 * 3.10 takes for a cycle in a second round, and drops the message; and CC and BCC, which would route the copy, too.
 */
export function originalHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([header]) => !isReserved(header)));
}

function isReserved(header: string): boolean {
  return /^(?:x-(?:mf-.*|death|(?:first|last)-death-.*)|CC|BCC)$/s.test(header);
}

/** Ids of the calls that led to the message. */
export function callIdStackOf(headers: Headers): readonly string[] {
  return readCallIdStack(get(headers, callIdStackHeader));
}

/** The header that tells the receiver which calls led to the message. */
export function callIdStackHeaders(stack: readonly string[]): Headers {
  return stack.length === 0 ? {} : { [callIdStackHeader]: sentCallIdStack(stack) };
}

// The sender chooses the names: `__proto__` must not reach ours.
function get(headers: Headers, header: string): unknown {
  return Object.hasOwn(headers, header) ? headers[header] : undefined;
}

// What was read is written again into the next copy: only what we can have written ourselves counts.
function number(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function name(value: unknown): string | undefined {
  return typeof value === 'string' && Buffer.byteLength(value) <= 255 ? value : undefined;
}

// Headers share one frame, and the driver encodes them into 64 KiB.
function clip(value: string): string {
  return value.length > 1_000 ? `${value.slice(0, 1_000)}...` : value;
}
