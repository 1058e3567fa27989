import type { Quote } from './quote.js';

/** A way to call a server that answers with what it was called with. */
export interface RemoteEcho {
  /** Starts the server, in a process of its own; resolves with its port. */
  start(): Promise<number>;
  /** Connects a client to it, in the process that measures. */
  connect(port: number): Promise<Caller> | Caller;
}

/** A connected client. */
export interface Caller {
  call(quote: Quote): Promise<unknown>;
  close(): Promise<unknown> | unknown;
}

/** Each by its name, loaded where it is needed. */
export const echoes: Readonly<Record<string, () => Promise<RemoteEcho>>> = {
  'bare ws': async () => (await import('./websocket/bare.js')).bareWs,
  'rpc-websockets': async () => (await import('./websocket/rpc-websockets.js')).rpcWebSockets,
  'socket.io': async () => (await import('./websocket/socket-io.js')).socketIo,
  'NestJS ws': async () => (await import('./websocket/nest.js')).nestWs,
  inline: async () => (await import('./websocket/ours.js')).ours('inline'),
  thread: async () => (await import('./websocket/ours.js')).ours('thread'),
};
