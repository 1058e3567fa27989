import { FrameworkError, knownError } from '@micro-framework/core';

/** The broker could not be reached, or refused the connection: address, credentials, virtual host, certificate. */
@knownError('CONNECT_FAILED')
export class ConnectError extends FrameworkError {
  /** True for what waiting does not mend: credentials, virtual host, certificates. */
  declare readonly isPermanent: boolean;

  constructor(message: string, options?: ErrorOptions & { isPermanent?: boolean }) {
    super(message, options);
    Object.defineProperty(this, 'isPermanent', { value: options?.isPermanent ?? false, configurable: true });
  }
}

/** The connection to the broker, or a channel of it, ended while it was needed. What was not confirmed may or may not be there. */
@knownError('CONNECTION_LOST')
export class ConnectionLostError extends FrameworkError {}

/** The broker refused to take a message: a queue is full, or the exchange is gone. */
@knownError('PUBLISH_REFUSED')
export class PublishRefusedError extends FrameworkError {}

/** A message is larger than the broker takes: `max_message_size` of RabbitMQ, `maxMessageBytes` of the embedded one. Trying again does not help. */
@knownError('MESSAGE_TOO_LARGE')
export class MessageTooLargeError extends FrameworkError {}

/** A message waited for `amqpPublishTimeout` on a connection that stands: the broker blocks publishers, or confirms nothing. */
@knownError('PUBLISH_TIMED_OUT')
export class PublishTimedOutError extends FrameworkError {}

/** More messages wait for the broker than `amqpMaxPending` and `amqpMaxPendingBytes` allow. This one was not sent. */
@knownError('PUBLISH_OVERFLOW')
export class PublishOverflowError extends FrameworkError {}

/** A message published with `mandatory` reached no queue. */
@knownError('UNROUTABLE')
export class UnroutableError extends FrameworkError {}

/** A payload or headers that cannot be put on the wire: a payload that is not JSON, headers that are too large. */
@knownError('UNSENDABLE')
export class UnsendableError extends FrameworkError {}

/** The broker has an exchange or a queue of that name that was declared differently. */
@knownError('TOPOLOGY_CLASH')
export class TopologyClashError extends FrameworkError {}

/** The broker does not let this user declare an exchange or a queue. */
@knownError('TOPOLOGY_FORBIDDEN')
export class TopologyForbiddenError extends FrameworkError {}

/** The broker knows no exchange of that type: a plug-in is missing. */
@knownError('EXCHANGE_TYPE_UNKNOWN')
export class ExchangeTypeError extends FrameworkError {}

/** An exchange or a queue that somebody else declares is not on the broker. */
@knownError('TOPOLOGY_MISSING')
export class TopologyMissingError extends FrameworkError {}

/** An event was to be published with a delay, and the service was not set up for that. */
@knownError('DELAYS_OFF')
export class DelaysOffError extends FrameworkError {}

/** Dead letters were asked for in a way that makes no sense: an unknown criterion, an impossible number. */
@knownError('BAD_QUERY')
export class BadQueryError extends FrameworkError {}
