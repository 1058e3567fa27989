import { createHash } from 'node:crypto';
import type { Message } from '../connection/connection.js';
import { type Headers, headerNames, originalHeaders } from '../headers.js';
import { deadLetterSuffix } from '../topology/dead-letters.js';

/** A message that its handler could not do, as its headers tell of it. Times are milliseconds since 1970. */
export interface DeadLetter {
  /**
   * What it is asked for by: the id of the call that failed last, for which the log can be searched. Of a message that
   * somebody else put there its message id, or else a hash of its body.
   */
  readonly id: string;
  /** What its sender calls it. */
  readonly messageId: string | undefined;
  /**
   * `rejected` (it could not be read, and the handler was never called), `failed`, `crashed` or `timed-out`. Of a message
   * that the broker itself put there its reason: `delivery_limit`, `expired`, `maxlen`.
   */
  readonly reason: string | undefined;
  /** How often it was tried. */
  readonly attempts: number | undefined;
  /** What the last attempt ended with. */
  readonly error: DeadLetterError | undefined;
  readonly firstFailure: number | undefined;
  readonly lastFailure: number | undefined;
  /** Where it first came from; `queue` is where a replay sends it. */
  readonly origin: DeadLetterOrigin;
  /** As its sender wrote them. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly contentType: string | undefined;
  /** Bytes of its body. */
  readonly size: number;
}

/** An error as a dead letter's headers keep it. */
export interface DeadLetterError {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  /** Names the place in the code that failed: equal failures have equal ones. */
  readonly stackHash: string | undefined;
}

/** How a dead letter first came, as far as that is known. */
export interface DeadLetterOrigin {
  readonly exchange: string | undefined;
  readonly routingKey: string | undefined;
  readonly queue: string | undefined;
}

/** A dead letter with its body. */
export interface DeadLetterContent extends DeadLetter {
  /** As it came, untouched. */
  readonly body: Uint8Array;
}

/** Reads what lies in a queue of dead letters, whoever put it there. */
export function readDeadLetter({ content, properties }: Message, queue: string): DeadLetter {
  const headers: Headers = properties.headers ?? {};
  const text = (name: string): string | undefined => textOf(own(headers, name));
  const number = (name: string): number | undefined => numberOf(own(headers, name));
  const messageId = textOf(properties.messageId);
  return {
    id: text(headerNames.callId) ?? messageId ?? hashOf(content),
    messageId,
    reason: text(headerNames.reason) ?? brokerReason(headers),
    attempts: number(headerNames.attempt),
    error: errorOf(text),
    firstFailure: number(headerNames.firstFailure),
    lastFailure: number(headerNames.lastFailure),
    origin: {
      exchange: text(headerNames.originExchange),
      routingKey: text(headerNames.originRoutingKey),
      queue: text(headerNames.originQueue) ?? workQueueOf(queue),
    },
    headers: originalHeaders(headers),
    contentType: textOf(properties.contentType),
    size: content.length,
  };
}

function errorOf(text: (name: string) => string | undefined): DeadLetterError | undefined {
  const name = text(headerNames.errorName);
  if (name === undefined) return undefined;
  return {
    name,
    code: text(headerNames.errorCode),
    message: text(headerNames.errorMessage) ?? '',
    stackHash: text(headerNames.errorStackHash),
  };
}

function brokerReason(headers: Headers): string | undefined {
  const deaths = own(headers, 'x-death');
  const last: unknown = Array.isArray(deaths) ? deaths[0] : undefined;
  return typeof last === 'object' && last !== null ? textOf(own(last as Headers, 'reason')) : undefined;
}

function workQueueOf(queue: string): string | undefined {
  return queue.endsWith(deadLetterSuffix) ? queue.slice(0, -deadLetterSuffix.length) : undefined;
}

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16);
}

// The sender chooses the names: `__proto__` must not reach ours.
function own(table: Headers, name: string): unknown {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}
