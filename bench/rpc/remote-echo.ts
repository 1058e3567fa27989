import type { Quote } from './quote.js';

/** A way to call a server that answers with what it was called with. */
export interface RemoteEcho {
  /** Starts the server, in a process of its own; resolves with its port, if it has one. */
  start(broker: string): Promise<number>;
  /** Connects a client to it, in the process that measures. */
  connect(port: number, broker: string): Promise<Caller> | Caller;
}

/** A connected client. */
export interface Caller {
  call(quote: Quote): Promise<unknown>;
  close(): Promise<unknown> | unknown;
}

/**
 * How some peers over RabbitMQ have their sockets. Their driver leaves Nagle's algorithm on, and so do they unless they are
 * told: a request and the acknowledgement behind it then wait for each other, 40 ms a call.
 */
export interface PeerVariant {
  /** Part of its names on the broker, so that the variants of a peer do not meet. */
  readonly name: 'shipped' | 'tuned';
  readonly socket: { readonly noDelay?: true };
}

const asShipped: PeerVariant = { name: 'shipped', socket: {} };
const tuned: PeerVariant = { name: 'tuned', socket: { noDelay: true } };

type Loaders = Readonly<Record<string, () => Promise<RemoteEcho>>>;

/** Those over WebSocket, each by its name, loaded where it is needed. */
const webSocketEchoes: Loaders = {
  'bare ws': async () => (await import('./websocket/bare.js')).bareWs,
  'rpc-websockets': async () => (await import('./websocket/rpc-websockets.js')).rpcWebSockets,
  'socket.io': async () => (await import('./websocket/socket-io.js')).socketIo,
  'NestJS ws': async () => (await import('./websocket/nest.js')).nestWs,
  inline: async () => (await import('./websocket/ours.js')).ours('inline'),
  thread: async () => (await import('./websocket/ours.js')).ours('thread'),
};

/** Those over RabbitMQ. */
export const amqpEchoes: Loaders = {
  'bare amqplib': async () => (await import('./amqp/bare.js')).bareAmqplib,
  golevelup: async () => (await import('./amqp/golevelup.js')).golevelup,
  'NestJS RMQ': async () => (await import('./amqp/nest.js')).nestRpc(asShipped),
  Moleculer: async () => (await import('./amqp/moleculer.js')).moleculer(asShipped),
  'NestJS RMQ, tuned': async () => (await import('./amqp/nest.js')).nestRpc(tuned),
  'Moleculer, tuned': async () => (await import('./amqp/moleculer.js')).moleculer(tuned),
  'AMQP inline': async () => (await import('./amqp/ours.js')).ours('inline'),
  'AMQP thread': async () => (await import('./amqp/ours.js')).ours('thread'),
};

/** All. */
export const echoes: Loaders = { ...webSocketEchoes, ...amqpEchoes };
