import type { GetMessage } from '../connection/connection.js';
import { BadQueryError, UnroutableError } from '../errors.js';
import { originalHeaders } from '../headers.js';
import { copiedProperties } from '../publish/copied-properties.js';
import type { Publication } from '../publish/publisher.js';
import type { DeadLetter } from './dead-letter.js';
import type { ReplayTarget } from './dead-letters.js';

/** The letter as it was before it failed, on its way to where it is to be handled. */
export function replayOf(
  { content, properties }: GetMessage,
  letter: DeadLetter,
  target: ReplayTarget | undefined,
): Publication {
  return {
    ...placeOf(letter, target),
    body: content,
    properties: copiedProperties(properties, originalHeaders(properties.headers ?? {})),
  };
}

/** Throws a `BadQueryError` for what is neither a queue nor an exchange. */
export function checkTarget(target: ReplayTarget | undefined): void {
  if (target === undefined) return;
  const { queue, exchange, routingKey = '', ...others } = target as Record<string, unknown>;
  const isOne = (typeof queue === 'string') !== (typeof exchange === 'string');
  if (!isOne || typeof routingKey !== 'string' || Object.keys(others).length > 0)
    throw new BadQueryError(
      `to is ${JSON.stringify(target)}: write { queue }, or { exchange, routingKey } with names`,
    );
}

function placeOf(
  { origin }: DeadLetter,
  target: ReplayTarget | undefined,
): Pick<Publication, 'exchange' | 'routingKey'> {
  if (target && 'exchange' in target)
    return { exchange: target.exchange, routingKey: target.routingKey ?? origin.routingKey ?? '' };
  const queue = target?.queue ?? origin.queue;
  if (queue !== undefined) return { exchange: '', routingKey: queue };
  throw new UnroutableError('nothing tells which queue this letter came from: say where to send it, with to');
}
