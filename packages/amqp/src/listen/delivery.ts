import { isAscii } from 'node:buffer';
import type { CallRequest } from '@micro-framework/core';
import type { ConsumeMessage } from '../connection/connection.js';
import { areUnreadable } from '../connection/unreadable-headers.js';
import { callIdStackOf, type Headers, type History, readHistory } from '../headers.js';
import type { AckWindow, Place } from './ack-window.js';
import type { Pauses } from './pauses.js';

/** What a worker gets of a message: the body as it came, and what says how to read it. */
export interface EventInput {
  /** Text where all of it is ASCII, as most JSON is: that reaches a worker, and is read there, several times as fast. */
  readonly body: Uint8Array | string;
  /** Default: `application/json`. */
  readonly contentType?: string | undefined;
  /** Default: `utf-8`. */
  readonly contentEncoding?: string | undefined;
  /** Why the message cannot be handled at all, whatever its body says. */
  readonly unreadable?: string;
}

/** A message in our hands: to be settled once, on the channel it came from, or not at all once that is gone. */
export class Delivery {
  readonly message: ConsumeMessage;
  readonly queue: string;
  readonly history: History;
  readonly #window: AckWindow;
  readonly #place: Place;
  readonly #unreadable: string | undefined;
  #settled = false;

  /** @param unreadable - why it cannot be handled, if that is known already */
  constructor(message: ConsumeMessage, queue: string, window: AckWindow, unreadable?: string) {
    this.#place = window.take(message);
    this.#window = window;
    this.message = message;
    this.queue = queue;
    this.#unreadable = areUnreadable(message.properties.headers) ? tooDeep : unreadable;
    const { exchange, routingKey } = message.fields;
    this.history = readHistory(this.headers, { exchange, routingKey, queue });
  }

  get headers(): Headers {
    return this.message.properties.headers ?? {};
  }

  /** What its sender calls it; copies keep it. */
  get messageId(): string | undefined {
    return text(this.message.properties.messageId);
  }

  /** True while settling it means something: the broker has not taken it back. */
  get isOpen(): boolean {
    return !this.#settled && this.#window.isOpen;
  }

  /** Its waits: they end where waiting on means nothing any more. */
  get pauses(): Pauses {
    return this.#window.pauses;
  }

  /** Done with: the broker forgets it. Resolves when it has been told, at the end of this turn. */
  ack(): Promise<void> {
    return this.#settle() ? this.#window.ack(this.#place) : Promise.resolve();
  }

  /** Given back: the broker delivers it again, here or elsewhere. */
  requeue(): void {
    if (this.#settle()) this.#window.requeue(this.#place);
  }

  /** Given back as failed: the broker counts it, and delivers it again in its own time. */
  fail(): void {
    if (this.#settle()) this.#window.fail(this.#place);
  }

  /** The message as a call. The main side does not look into the body. */
  toRequest(): CallRequest {
    const { content, properties } = this.message;
    const { attempt, lastFailure } = this.history;
    const { messageId } = this;
    const contentType = text(properties.contentType);
    const contentEncoding = text(properties.contentEncoding);
    const input: EventInput = {
      // The driver's buffer is a view of a larger one, all of which would go to the worker.
      body: isAscii(content) ? content.toString('latin1') : new Uint8Array(content),
      // What is as it mostly is need not travel.
      ...(contentType !== 'application/json' && { contentType }),
      ...(contentEncoding !== 'utf-8' && { contentEncoding }),
      ...(this.#unreadable !== undefined && { unreadable: this.#unreadable }),
    };
    return {
      input,
      headers: plainHeaders(this.message),
      attempt,
      ...(lastFailure !== undefined && { lastRetry: lastFailure }),
      callIdStack: callIdStackOf(this.headers),
      ...(messageId !== undefined && { messageId }),
    };
  }

  /** True the first time. */
  #settle(): boolean {
    if (!this.isOpen) return false;
    this.#settled = true;
    return true;
  }
}

/** The headers of a message as plain data that owns its memory; none where they cannot be read. */
export function plainHeaders({ properties: { headers } }: ConsumeMessage): Headers {
  // Most calls have none.
  for (const _name in headers) return plain(headers) as Headers;
  return {};
}

const tooDeep = 'its headers cannot be read: they are malformed, or nested thousands of times';

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

// Tables within tables that somebody means to be read are not as deep as this.
const deepest = 64;

/**
 * The driver's views of its read buffer become bytes of their own. What is nested too deeply is left out: the stack
 * would not last, and an error while a delivery is taken costs the consumer its channel, over and over.
 */
function plain(value: unknown, depth = 0): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > deepest) return undefined;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field, depth + 1)]));
}
