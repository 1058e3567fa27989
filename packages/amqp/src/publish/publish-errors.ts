import {
  ConnectionLostError,
  PublishOverflowError,
  PublishRefusedError,
  PublishTimedOutError,
  UnroutableError,
  UnsendableError,
} from '../errors.js';
import type { Publication } from './publisher.js';

export function refused(publication: Publication, why: string): PublishRefusedError {
  return new PublishRefusedError(`the broker refused a message to ${where(publication)}: ${why}`);
}

export function unroutable(publication: Publication, why: string): UnroutableError {
  return new UnroutableError(
    `no queue takes a mandatory message to ${where(publication)}: ${why}. Does anybody listen?`,
  );
}

export function unsendable(publication: Publication, cause: Error): UnsendableError {
  return new UnsendableError(`a message to ${where(publication)} cannot be encoded: ${cause.message}`, {
    cause,
  });
}

/** Why a message has waited for nothing. */
export type Obstacle =
  | { readonly kind: 'away'; readonly cause: Error | undefined }
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'silent' };

/** A message whose time is up. Whether it is on the broker is not known, if it was sent. */
export function timedOut(publication: Publication, timeout: number, obstacle: Obstacle): Error {
  const message = `a message to ${where(publication)} was not confirmed within ${timeout} ms (amqpPublishTimeout)`;
  switch (obstacle.kind) {
    case 'away': {
      const { cause } = obstacle;
      const why = cause ? `: ${cause.message}` : '';
      return new ConnectionLostError(`${message}, as there is no connection to the broker${why}`, { cause });
    }
    case 'blocked':
      return new PublishTimedOutError(
        `${message}: the broker takes no messages for now (${obstacle.reason})`,
      );
    case 'silent':
      return new PublishTimedOutError(`${message}: the connection stands, but no confirm has come`);
  }
}

/** A message that there was no room for. */
export function overflow(publication: Publication, messages: number, bytes: number): PublishOverflowError {
  return new PublishOverflowError(
    `a message to ${where(publication)} was not taken: ${messages} messages of ${bytes} bytes wait for the broker ` +
      'already, as many as amqpMaxPending and amqpMaxPendingBytes allow. Let the broker set the pace by awaiting each confirm, or raise them.',
  );
}

function where({ exchange, routingKey }: Publication): string {
  return exchange === '' ? `queue ${routingKey}` : `exchange ${exchange} with routing key ${routingKey}`;
}
