import type { OpenSocket } from './socket.js';

/** How a client calls. */
export interface RpcClientOptions {
  /** Milliseconds a call waits for its answer, unless it says otherwise. Default: 30,000. */
  readonly timeout?: number;
  /** Whether calls do no harm when they run twice, so that they are sent again when the connection broke. Default: `false`. */
  readonly idempotent?: boolean;
  /** Calls in flight at the same time; more wait here. Default: 200. */
  readonly maxInFlight?: number;
  /** Calls that wait here at most; more are refused with an `RpcBusyError`. Default: 10,000. */
  readonly maxQueue?: number;
  /**
   * What the other side speaks. `own`: JSON-RPC 2.0, with call chain and patience beside. `json-rpc`: JSON-RPC 2.0 and
   * nothing else. `seed`: what Python's micro_framework speaks, one call at a time. Default: `own`.
   */
  readonly protocol?: 'own' | 'json-rpc' | 'seed';
  /** Sent with the request that opens a connection, such as `authorization`. In Node only. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM of the authorities that `wss:` servers are trusted by. In Node only. Default: those of Node. */
  readonly ca?: string;
  /** How connections are opened. Default: `ws` in Node, the browser's own WebSocket elsewhere. */
  readonly openSocket?: OpenSocket;
}

/** Options with all defaults. */
export type WholeOptions = Required<Omit<RpcClientOptions, 'openSocket' | 'headers' | 'ca'>>;

export const defaultOptions: WholeOptions = {
  timeout: 30_000,
  idempotent: false,
  maxInFlight: 200,
  maxQueue: 10_000,
  protocol: 'own',
};
