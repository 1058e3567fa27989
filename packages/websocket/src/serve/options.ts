import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer, ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TargetInfo } from '@micro-framework/core/rpc';
import { largestAnswer } from '../wire/message-size.js';

/** What one client, or all of them, may cost. */
export interface WebSocketLimits {
  /** Bytes of one message. A longer one ends its connection with 1009. Default: 1 MiB. */
  readonly maxPayload: number;
  /**
   * Bytes of one result, as JSON. Whoever asked for a longer one is told so: clients end a connection over a message that they
   * do not take, ours over more than this. Default: 16 MiB.
   */
  readonly maxResult: number;
  /** Requests of one JSON-RPC batch. Default: 100. */
  readonly maxBatch: number;
  /** Calls of one connection that run or wait at the same time; more are answered "busy". Default: 256. */
  readonly maxInFlight: number;
  /** Connections in all; more are refused with 503. Default: 10,000. */
  readonly maxConnections: number;
  /** Connections from one address; more are refused with 429. Raise it behind a proxy. Default: 1,000. */
  readonly maxConnectionsPerAddress: number;
  /**
   * Bytes that may wait for a client to read them; a client with more is dropped with 1013. Likewise the characters of its
   * requests that wait for their turn, where answers have an order: with 1008. Default: 4 MiB.
   */
  readonly maxBuffered: number;
  /** Milliseconds between pings. A client that answers none of two in a row is gone. Default: 25,000. */
  readonly pingInterval: number;
  /** Milliseconds a client has to become connected, `authenticate` included. Default: 10,000. */
  readonly handshakeTimeout: number;
}

/** How the WebSocket server serves. */
export interface WebSocketOptions {
  /**
   * Who calls: what it returns is the `principal` of the connection's calls, plain data; `null` refuses the connection with
   * 401. Default: everybody may connect, and the principal is undefined.
   */
  readonly authenticate?: (request: IncomingMessage) => unknown;
  /** Whether they may call that. Asked for each call, and for each target before it is listed. Default: yes. */
  readonly authorize?: (principal: never, route: TargetInfo) => boolean | Promise<boolean>;
  /**
   * Origins whose pages may connect, such as `https://app.example.com`; `*` for all. Others get 403. Clients that are no
   * browser send no origin, and are not asked for one. Default: pages from the server's own host and port.
   */
  readonly origins?: readonly (string | RegExp)[];
  /** Key and certificate: `{ key, cert }`. Default: no TLS. */
  readonly tls?: ServerOptions;
  /** A server of yours to share: you let it listen, and close it. Address, port and `tls` are its own then. */
  readonly server?: Server | SecureServer;
  /** The path of the URL to serve; others are left alone on a shared server, and get 404 on our own. Default: any. */
  readonly path?: string;
  /** Whether callers see the stack traces of what handlers throw. Default: `false`. */
  readonly stacks?: boolean;
  /** Whether messages are compressed (permessage-deflate) for clients that ask: costs memory and CPU. Default: `false`. */
  readonly compression?: boolean;
  /** What clients may cost. */
  readonly limits?: Partial<WebSocketLimits>;
  /** Called when the server listens, with its address and port. Not for a shared one. */
  readonly onListening?: (address: AddressInfo) => void;
}

/** The limits that hold where no others are given. */
export const defaultLimits: WebSocketLimits = {
  maxPayload: 1024 * 1024,
  maxResult: largestAnswer,
  maxBatch: 100,
  maxInFlight: 256,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 1_000,
  maxBuffered: 4 * 1024 * 1024,
  pingInterval: 25_000,
  handshakeTimeout: 10_000,
};
