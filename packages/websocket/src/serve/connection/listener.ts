import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { ListenError } from '../../errors.js';
import type { WebSocketLimits, WebSocketOptions } from '../options.js';

/** Takes an HTTP request that wants to become a WebSocket. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Where a server listens. */
export interface Place {
  readonly ip: string;
  readonly port: number;
}

/** The HTTP server below: our own, or one that the user shares. */
export class Listener {
  /** Whether it is the user's. */
  readonly shared: boolean;
  readonly #server: Server | SecureServer;
  readonly #place: Place;
  readonly #upgrade: Upgrade;
  #closed: Promise<void> | undefined;

  constructor(options: WebSocketOptions, limits: WebSocketLimits, place: Place, upgrade: Upgrade) {
    this.shared = options.server !== undefined;
    this.#server = options.server ?? ownServer(options, limits);
    this.#place = place;
    this.#upgrade = upgrade;
  }

  /** The address, once it listens. */
  get address(): AddressInfo | undefined {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address : undefined;
  }

  /** Whether somebody else takes upgrades on the same server. */
  get hasNeighbours(): boolean {
    return this.#server.listenerCount('upgrade') > 1;
  }

  /** Calls back once it listens: now, or when the user has a shared one listen. */
  whenListening(tell: () => void): void {
    if (this.#server.listening) tell();
    else this.#server.once('listening', tell);
  }

  /** Begins to take upgrades. Throws a `ListenError`. */
  async open(): Promise<void> {
    this.#server.on('upgrade', this.#upgrade);
    if (this.shared) return;
    const { ip, port } = this.#place;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => reject(cannotListen(this.#place, cause)));
      this.#server.listen(port, ip, resolve);
    });
  }

  /** Takes no more connections; those that are open stay. */
  refuseMore(): void {
    if (this.shared) return;
    // One that does not listen tells so as an error, and is as closed.
    this.#closed ??= new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Lets go of the server; of our own nothing is left. */
  async close(): Promise<void> {
    this.#server.off('upgrade', this.#upgrade);
    this.refuseMore();
    if (!this.shared) this.#server.closeAllConnections();
    await this.#closed;
  }
}

function ownServer({ tls }: WebSocketOptions, { handshakeTimeout, maxConnections }: WebSocketLimits): Server {
  const timeouts = {
    headersTimeout: handshakeTimeout,
    requestTimeout: handshakeTimeout,
    connectionsCheckingInterval: Math.max(100, Math.ceil(handshakeTimeout / 4)),
    keepAliveTimeout: 1,
  };
  const server = tls
    ? createSecureServer({ handshakeTimeout, ...tls, ...timeouts }, refuse)
    : createServer(timeouts, refuse);
  // A little more than may become WebSockets, so that those which may not are told so.
  server.maxConnections = maxConnections + 100;
  return server;
}

function refuse(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { upgrade: 'websocket', connection: 'upgrade', 'content-type': 'text/plain' });
  response.end('this is a WebSocket server\n');
}

function cannotListen({ ip, port }: Place, cause: Error): ListenError {
  const { code } = cause as NodeJS.ErrnoException;
  const mend =
    code === 'EADDRINUSE'
      ? 'another program listens there. End it, or set WEBSOCKET_PORT to another port'
      : code === 'EACCES'
        ? 'ports below 1024 are for root. Set WEBSOCKET_PORT to another port'
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
          ? 'this machine has no such address. Set WEBSOCKET_IP to one it has, or to 0.0.0.0 for all'
          : cause.message;
  return new ListenError(`the WebSocket server cannot listen on ${ip}:${port}: ${mend}`, { cause });
}
