import type { Ending, Logger } from '@micro-framework/core';
import type { Options } from '../connection/connection.js';
import { UnroutableError, UnsendableError } from '../errors.js';
import { deadLetterHeaders, type Headers, headerNames, originalHeaders } from '../headers.js';
import { copiedProperties } from '../publish/copied-properties.js';
import type { Publication } from '../publish/publisher.js';
import type { Delivery } from './delivery.js';
import type { Copy, Retry, RetryStrategy } from './retry/retry-strategy.js';

/** What settling needs of its surroundings. */
export interface SettlementParts {
  /** Resolves when the broker has confirmed the message. */
  publish(publication: Publication): Promise<void>;
  /** Declares again what a message of this listener may need on its way: somebody has deleted some of it. */
  declareAgain(): Promise<void>;
  /** How messages come to their next attempt. */
  readonly retry: RetryStrategy;
  /** The queue that keeps what failed for good. */
  readonly deadLetters: string;
  readonly log: Logger;
}

/** Milliseconds before a message goes back that could not be begun. */
const requeueDelay = 1_000;
/** Milliseconds between tries to publish a copy: doubled from the first to the second. */
const copyPauses = [1_000, 30_000] as const;

/**
 * Carries out the ending of a call: settles its delivery exactly once.
 *
 * | ending        | what is published first      | then                                     |
 * | ------------- | ---------------------------- | ---------------------------------------- |
 * | `ack`         | nothing                      | ack                                      |
 * | `retry`       | a copy to the wait queue     | ack; or nothing, where the queue itself has a pause for what is rejected |
 * | `dead-letter` | a copy to `<queue>.dead`     | ack                                      |
 * | `requeue`     | nothing                      | requeue: after a second, or once no longer consuming |
 *
 * A copy is confirmed by the broker, and has found its queue, before the ack. If that fails the message is kept, and only
 * the copy is published again, after pauses that grow: the handler has had its turn. At a stop it goes back.
 */
export function settle(delivery: Delivery, ending: Ending, parts: SettlementParts): Promise<void> {
  switch (ending.kind) {
    case 'ack':
      return delivery.ack();
    case 'retry':
      return retry(delivery, ending, parts);
    case 'dead-letter':
      return bury(delivery, ending, parts);
    case 'requeue':
      return giveBack(delivery);
  }
}

// Longer, and the broker would take the delivery back as unsettled for too long.
const longestHold = 600_000;

/** The same for a queue that lives as long as this instance: its retries wait in hand, ten minutes at the most. */
export async function settleHere(delivery: Delivery, ending: Ending, parts: SettlementParts): Promise<void> {
  if (ending.kind !== 'retry') return settle(delivery, ending, parts);
  await delivery.pauses.wait(Math.min(ending.delay, longestHold));
  await settle(delivery, { ...ending, delay: 0 }, parts);
}

type DeadLetter = Extract<Ending, { kind: 'dead-letter' }>;

async function retry(delivery: Delivery, ending: Retry, parts: SettlementParts): Promise<void> {
  const step = parts.retry.step(delivery, ending, Date.now());
  if (step.kind === 'return') {
    delivery.fail();
    return;
  }
  await delivery.pauses.wait(step.hold);
  await replace(delivery, step.copy, parts);
}

// At once it would come straight back: for want of room as before, and until the broker knows that we stop.
async function giveBack(delivery: Delivery): Promise<void> {
  await delivery.pauses.wait(requeueDelay);
  delivery.requeue();
}

async function bury(delivery: Delivery, ending: DeadLetter, parts: SettlementParts): Promise<void> {
  const { attempt, error, reason, call } = ending;
  const failed = { history: delivery.history, error, call, now: Date.now() };
  const { queue, messageId } = delivery;
  const { deadLetters: to } = parts;
  const copy = { exchange: '', routingKey: to, headers: deadLetterHeaders(failed, attempt, reason) };
  if (!(await replace(delivery, copy, parts))) return;
  const named = { call, ...(messageId !== undefined && { messageId }) };
  parts.log.warn({ ...named, queue, to, reason }, 'a message went to the dead letters');
}

/**
 * Publishes the copy, then acknowledges the original; a death in between leaves both, never none. Tells whether the copy
 * is on the broker.
 */
async function replace(delivery: Delivery, copy: Copy, parts: SettlementParts): Promise<boolean> {
  const { queue, messageId } = delivery;
  const moving = { queue, to: copy.exchange || copy.routingKey, messageId };
  const [shortest, longest] = copyPauses;
  // If the channel is gone the broker has put the message back, and a copy would be a second one.
  for (let failures = 0; delivery.isOpen; failures += 1) {
    if (failures > 0) await delivery.pauses.wait(Math.min(longest, shortest * 2 ** (failures - 1)));
    if (failures > 0 && delivery.pauses.isOver) {
      delivery.requeue();
      return false;
    }
    try {
      await publishWhereItIs(delivery, copy, parts);
      await delivery.ack();
      if (failures > 0) parts.log.info({ ...moving, failures }, 'a message that was kept has been moved');
      return true;
    } catch (err) {
      // Once: what keeps it is the same for many, and for long.
      const level = failures === 0 ? 'error' : 'debug';
      parts.log[level]({ err, ...moving }, 'a message cannot be moved: it is kept, and that is tried again');
    }
  }
  return false;
}

/** Publishes the copy; where its queue was deleted, declares it and publishes once more. */
async function publishWhereItIs(delivery: Delivery, copy: Copy, parts: SettlementParts): Promise<void> {
  try {
    await publishCopy(delivery, copy, parts);
  } catch (err) {
    if (!(err instanceof UnroutableError)) throw err;
    parts.log.warn({ err, queue: delivery.queue }, 'a queue of this listener is gone: it is declared again');
    await parts.declareAgain();
    await publishCopy(delivery, copy, parts);
  }
}

async function publishCopy(delivery: Delivery, copy: Copy, { publish, log }: SettlementParts): Promise<void> {
  const { exchange, routingKey, headers } = copy;
  const { content, properties } = delivery.message;
  const message = { exchange, routingKey, body: copy.body ?? content };
  const propertiesWith = (all: Headers): Options.Publish => ({
    ...copiedProperties(properties, all),
    ...copy.properties,
  });
  const original = originalHeaders(delivery.headers);
  try {
    await publish({ ...message, properties: propertiesWith({ ...original, ...headers }) });
  } catch (error) {
    if (!(error instanceof UnsendableError)) throw error;
    // Headers the driver can read and not write: too large, or of a foreign kind. The body matters more.
    log.error({ err: error, queue: delivery.queue }, 'a message goes on without its original headers');
    const lost = { ...headers, [headerNames.headersLost]: error.message.slice(0, 500) };
    await publish({ ...message, properties: propertiesWith(lost) });
  }
}
