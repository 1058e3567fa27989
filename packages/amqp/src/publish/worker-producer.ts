import { randomUUID } from 'node:crypto';
import { type DependencyContext, nearest } from '@micro-framework/core';
import { DelaysOffError, UnsendableError } from '../errors.js';
import type { Headers } from '../headers.js';
import { longestDelay } from '../topology/delays.js';

// Bound now: a handler that replaces it must not write what others publish.
const stringify: typeof JSON.stringify = JSON.stringify;

/** How an event is published. */
export interface PublishOptions {
  /** Sent along; strings, numbers, booleans, lists and tables of them. */
  readonly headers?: Headers;
  /** Default: a UUID. Stays the same in all retries. */
  readonly messageId?: string;
  readonly correlationId?: string;
  /** Milliseconds after which the broker drops the event where nobody took it yet. Default: never. */
  readonly expiration?: number;
  /**
   * Milliseconds before the event reaches those who listen, at most 38 days; rounded up to 100. It waits on the broker,
   * whatever becomes of this service. Needs the setting `delays`; not together with `expiration`, `mandatory` or `exchange`.
   */
  readonly delay?: number;
  /** What a payload of bytes is. Default: `application/octet-stream`; all other payloads are `application/json`. */
  readonly contentType?: string;
  /** 0 to 255, for queues with priorities. Default: 0. */
  readonly priority?: number;
  /** An event that no queue takes is an error. Default: `false`, as nobody has to listen. */
  readonly mandatory?: boolean;
  /**
   * Where to publish it: the name of an exchange, which somebody else declares; `''` for the default one, where `event`
   * is the name of a queue. Default: `<service>.events`.
   */
  readonly exchange?: string;
  /** Publish now, whatever becomes of the handler. Default: `false`. */
  readonly immediate?: boolean;
}

/** An event on its way to the main side: plain data. */
export interface EventEffect extends Omit<PublishOptions, 'immediate' | 'messageId' | 'contentType'> {
  readonly event: string;
  /** JSON as text: that is cheaper to make and to hand over than its bytes. */
  readonly body: string | Uint8Array;
  readonly contentType: string;
  readonly messageId: string;
}

/** The worker half of the producer: encodes events and notes them, or hands them over. */
export class WorkerProducer {
  readonly #context: DependencyContext;

  constructor(context: DependencyContext) {
    this.#context = context;
  }

  async publish(event: string, payload?: unknown, options: PublishOptions = {}): Promise<void> {
    const effect = effectOf(event, payload, options);
    if (effect.delay !== undefined && !this.#context.config.delays) throw delaysOff(event);
    const call = this.#context.currentCall();
    // Work in the background of a call that has ended has no outbox any more.
    if (call?.active && !options.immediate) call.emit('Producer', effect);
    else await this.#context.ask(effect);
  }
}

function effectOf(event: string, payload: unknown, options: PublishOptions): EventEffect {
  const { immediate: _, messageId = randomUUID(), contentType, ...rest } = options;
  // One bad message would cost the whole service its channel.
  const faults = [
    ...unknownNames(options),
    ...faultsOf(options),
    ...delayFaults(options),
    ...nameFaults(event),
  ];
  if (faults.length > 0)
    throw new UnsendableError(`event '${event}' cannot be published: ${faults.join('; ')}`);
  return { ...rest, event, messageId, ...encode(event, payload, contentType) };
}

/** Bytes are sent as they are: a copy, as the caller may write into them, and a view would send all the memory under it. */
function encode(
  event: string,
  payload: unknown = null,
  type: string | undefined,
): Pick<EventEffect, 'body' | 'contentType'> {
  if (payload instanceof Uint8Array) {
    return { body: new Uint8Array(payload), contentType: type ?? 'application/octet-stream' };
  }
  if (type !== undefined && type !== 'application/json') {
    throw new UnsendableError(
      `event '${event}' has the content type ${type}: for that its payload must be bytes`,
    );
  }
  return { body: jsonOf(event, payload), contentType: 'application/json' };
}

function jsonOf(event: string, payload: unknown): string {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = stringify(payload);
  } catch (error) {
    cause = error;
  }
  if (text !== undefined) return text;
  const why = cause instanceof Error ? cause.message : `a ${typeof payload} has no JSON form`;
  throw new UnsendableError(`the payload of event '${event}' cannot be JSON: ${why}`, { cause });
}

function nameFaults(event: string): string[] {
  if (typeof event === 'string' && event !== '' && Buffer.byteLength(event) <= 255) return [];
  return ['its name must have 1 to 255 bytes'];
}

const names: Readonly<Record<keyof PublishOptions, true>> = {
  headers: true,
  messageId: true,
  correlationId: true,
  expiration: true,
  delay: true,
  contentType: true,
  priority: true,
  mandatory: true,
  exchange: true,
  immediate: true,
};

function unknownNames(options: PublishOptions): string[] {
  return Object.keys(options)
    .filter((name) => !Object.hasOwn(names, name))
    .map((name) => {
      const known = Object.keys(names);
      const close = nearest(name, known);
      return `the option ${name} is unknown${close ? `: did you mean ${close}?` : `. Known are ${known.join(', ')}`}`;
    });
}

function delaysOff(event: string): DelaysOffError {
  return new DelaysOffError(
    `event '${event}' has a delay, and this service cannot delay events: set the option delays to true, or the ` +
      'environment variable AMQP_DELAYS, so that the queues they wait in are declared when it starts',
  );
}

function delayFaults({ delay, expiration, mandatory, exchange }: PublishOptions): string[] {
  if (delay === undefined) return [];
  const faults: string[] = [];
  if (!isWhole(delay, longestDelay))
    faults.push(`delay is ${delay}: write whole milliseconds, at most ${longestDelay} (38 days)`);
  if (expiration !== undefined)
    faults.push('it has a delay and an expiration, which would end the wait: give one of them');
  if (mandatory)
    faults.push(
      'it has a delay and is mandatory: who will listen then cannot be known now. Give one of them',
    );
  if (exchange !== undefined)
    faults.push("it has a delay and an exchange: delayed events reach the service's own. Give one of them");
  return faults;
}

function faultsOf({ expiration, priority, ...texts }: PublishOptions): string[] {
  const faults: string[] = [];
  if (expiration !== undefined && !isWhole(expiration, 2 ** 32 - 1))
    faults.push(`expiration is ${expiration}: write whole milliseconds`);
  if (priority !== undefined && !isWhole(priority, 255))
    faults.push(`priority is ${priority}: write a whole number from 0 to 255`);
  for (const name of ['messageId', 'correlationId', 'contentType', 'exchange'] as const) {
    const text = texts[name];
    if (text !== undefined && (typeof text !== 'string' || Buffer.byteLength(text) > 255))
      faults.push(`${name} must be text of at most 255 bytes`);
  }
  return faults;
}

function isWhole(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}
