// Dead letters.
export { type ConnectedDeadLetters, connectDeadLetters } from './dead-letters/connect-dead-letters.js';
export type {
  DeadLetter,
  DeadLetterContent,
  DeadLetterError,
  DeadLetterOrigin,
} from './dead-letters/dead-letter.js';
export type { DeadLetterFilter } from './dead-letters/dead-letter-filter.js';
export {
  type DeadLetterListOptions,
  type DeadLetterPage,
  type DeadLetterReport,
  DeadLetters,
  type DiscardOptions,
  type ReplayOptions,
  type ReplayTarget,
} from './dead-letters/dead-letters.js';
export type { DelayStrategy } from './delay-strategies.js';
// Errors.
export {
  BadQueryError,
  ConnectError,
  ConnectionLostError,
  DelaysOffError,
  ExchangeTypeError,
  MessageTooLargeError,
  PublishOverflowError,
  PublishRefusedError,
  PublishTimedOutError,
  TopologyClashError,
  TopologyForbiddenError,
  TopologyMissingError,
  UnroutableError,
  UnsendableError,
} from './errors.js';
// What travels with a message.
export { headerNames } from './headers.js';
// Listen.
export { EventListener } from './listen/event-listener.js';
export type {
  Batched,
  BatchOptions,
  BindingOptions,
  EventListenerOptions,
  ExchangeOptions,
  ListenerOptions,
  QueueListenerOptions,
  QueueOptions,
} from './listen/options/listener-options.js';
export { QueueListener } from './listen/queue-listener.js';
// Publish.
export { connect, type StandaloneProducer } from './publish/connect.js';
export { Producer } from './publish/producer.js';
export type { PublishOptions } from './publish/worker-producer.js';
// Remote calls.
export { AmqpRpc, type AmqpRpcOptions } from './rpc/amqp-rpc.js';
export { AmqpRpcClient } from './rpc/call/amqp-rpc-client.js';
export { AmqpRpcSystem, type AnyService, type RpcSystem } from './rpc/call/amqp-rpc-system.js';
export type { AmqpRpcClientOptions, AmqpRpcSystemOptions } from './rpc/call/client-options.js';
export { type ConnectedRpc, connectRpc } from './rpc/call/connect-rpc.js';
export type { RpcDialect } from './rpc/dialects.js';

// Settings are known once the package is loaded, and so is how instances elect a leader.
import './cluster/provider.js';
import './settings.js';
