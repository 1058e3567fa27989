import {
  ConnectionLostError,
  MessageTooLargeError,
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

/** @param largest - bytes of the largest body that the broker takes */
export function tooLarge(publication: Publication, largest: number): MessageTooLargeError {
  return new MessageTooLargeError(
    `a message to ${where(publication)} has ${publication.body.byteLength} bytes, and the broker takes ${largest}: ` +
      'send less, or where to find it, or raise max_message_size of RabbitMQ, maxMessageBytes of an embedded broker',
  );
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
  | { readonly kind: 'away' | 'opening'; readonly cause: Error | undefined }
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'silent' };

/** A message whose time is up. Whether it is on the broker is not known, if it was sent. */
export function timedOut(publication: Publication, timeout: number, obstacle: Obstacle): Error {
  const message = `a message to ${where(publication)} was not confirmed within ${timeout} ms (amqpPublishTimeout)`;
  switch (obstacle.kind) {
    case 'away':
    case 'opening': {
      const { kind, cause } = obstacle;
      const what =
        kind === 'away' ? 'no connection to the broker' : 'a connection, but no channel for publishing yet';
      const why = cause ? `: ${cause.message}` : '';
      return new ConnectionLostError(`${message}, as there is ${what}${why}`, { cause });
    }
    case 'blocked':
      return new PublishTimedOutError(
        `${message}: the broker takes no messages for now (${obstacle.reason})`,
      );
    case 'silent':
      return new PublishTimedOutError(`${message}: the connection stands, but no confirm has come`);
  }
}

/** What waits for the broker. */
interface Waiting {
  readonly size: number;
  readonly bytes: number;
}

/** A message that there was no room for, of `room` bytes in all. */
export function overflow(publication: Publication, waiting: Waiting, room: number): PublishOverflowError {
  const { byteLength } = publication.body;
  const message = `a message to ${where(publication)} was not taken`;
  const others = `${waiting.size} messages of ${waiting.bytes} bytes wait for the broker already`;
  return new PublishOverflowError(
    byteLength > room
      ? `${message}: with ${byteLength} bytes it is larger than amqpMaxPendingBytes (${room}) by itself, and goes only ` +
          `where nothing else waits; ${others}. Send it in parts, or raise amqpMaxPendingBytes.`
      : `${message}: ${others}, as many as amqpMaxPending and amqpMaxPendingBytes allow. ` +
          'Let the broker set the pace by awaiting each confirm, or raise them.',
  );
}

function where({ exchange, routingKey }: Publication): string {
  return exchange === '' ? `queue ${routingKey}` : `exchange ${exchange} with routing key ${routingKey}`;
}
