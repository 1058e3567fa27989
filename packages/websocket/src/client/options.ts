import { type CallClientOptions, defaultClientOptions } from '@micro-framework/core/rpc';
import type { OpenSocket } from './socket/socket.js';

/** How a client calls. */
export interface RpcClientOptions extends CallClientOptions {
  /**
   * What the other side speaks. `own`: JSON-RPC 2.0, with call chain and patience beside. `json-rpc`: JSON-RPC 2.0 and
   * nothing else. `seed`: what Python's micro_framework speaks, one call at a time. Default: `own`.
   */
  readonly protocol?: 'own' | 'json-rpc' | 'seed';
  /** Sent with the request that opens a connection, such as `authorization`. In Node only. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM of the authorities that `wss:` servers are trusted by. In Node only. Default: those of Node. */
  readonly ca?: string;
  /**
   * Bytes of one message. A call with a longer one is refused with an `RpcUnsendableError`: the server would end the
   * connection, and with it the calls of everybody else on it. Default: 1 MiB, what servers take, ours and Python's, unless
   * they are told otherwise.
   */
  readonly maxRequest?: number;
  /** How connections are opened. Default: `ws` in Node, the browser's own WebSocket elsewhere. */
  readonly openSocket?: OpenSocket;
}

/** Options with all defaults. */
export type WholeOptions = Required<Omit<RpcClientOptions, 'openSocket' | 'headers' | 'ca'>>;

export const defaultOptions: WholeOptions = {
  ...defaultClientOptions,
  protocol: 'own',
  maxRequest: 1024 * 1024,
};
