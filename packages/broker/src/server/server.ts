import { chmodSync } from 'node:fs';
import { createServer, type ListenOptions, type Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { BrokerError } from '../broker-error.js';
import { Connection } from '../connection/connection.js';
import type { ServerContext } from '../connection/context.js';
import { StreamEnd } from './in-process-stream.js';
import { removeStaleSocket } from './stale-socket.js';

/** Where to listen: a Unix socket, or an address and a port. */
export interface Endpoint {
  readonly socketPath: string | undefined;
  readonly host: string;
  readonly port: number;
}

const goodbyeWithin = 500;

/** The listening socket and the connections it has taken. */
export class Server {
  readonly connections = new Set<Connection>();
  readonly #net: NetServer;

  constructor(readonly context: ServerContext) {
    this.#net = createServer({ noDelay: true }, (socket) => this.#take(socket));
  }

  /** A connection for a client of this thread, without a socket. Taken, refused and ended as any other. */
  connect(): StreamEnd {
    const [client, own] = StreamEnd.pair();
    if (this.#net.listening) this.#take(own);
    else own.destroy();
    return client;
  }

  /** Listens, and returns the port; 0 for a Unix socket. */
  async listen({ socketPath, host, port }: Endpoint): Promise<number> {
    if (socketPath === undefined) await this.#listenAt({ port, host }, `${host}:${port}`);
    else {
      await removeStaleSocket(socketPath);
      await this.#listenAt({ path: socketPath }, socketPath);
    }
    this.#net.on('error', (error) => this.context.internalError(error));
    // The password is no longer the only guard: other users cannot open the socket at all.
    if (socketPath !== undefined) chmodSync(socketPath, 0o600);
    const address = this.#net.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  #listenAt(endpoint: ListenOptions, where: string): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#net.once('error', (error) => reject(cannotListen(error, endpoint, where)));
      // Of its own also in a process of `node:cluster`, where all would share one socket and get each other's clients.
      this.#net.listen({ ...endpoint, exclusive: true }, resolve);
    });
  }

  /** Takes no more connections, says goodbye to those there are, and cuts those that do not answer. */
  async close(): Promise<void> {
    const portClosed = new Promise((resolve) => this.#net.close(resolve));
    const clientsGone = [...this.connections].map(
      ({ socket }) => new Promise((resolve) => socket.once('close', resolve)),
    );
    for (const connection of this.connections)
      connection.close('CONNECTION_FORCED', "broker forced connection closure with reason 'shutdown'");
    const cut = setTimeout(() => this.dropConnections(), goodbyeWithin);
    await Promise.all([portClosed, ...clientsGone]);
    clearTimeout(cut);
  }

  #take(socket: Duplex): void {
    if (this.context.faults.refusing) socket.destroy();
    else
      this.connections.add(new Connection(this.context, socket, (ended) => this.connections.delete(ended)));
  }

  /** Cuts every connection without a word, and returns how many there were. */
  dropConnections(): number {
    const all = [...this.connections];
    for (const connection of all) connection.destroy();
    return all.length;
  }
}

function cannotListen(cause: NodeJS.ErrnoException, endpoint: ListenOptions, where: string): BrokerError {
  if (cause.code !== 'EADDRINUSE')
    return new BrokerError(
      'BROKER_LISTEN_FAILED',
      `startBroker: cannot listen on ${where}: ${cause.message}`,
      {
        cause,
      },
    );
  const taken = `startBroker: ${where} is in use by another program`;
  return endpoint.path === undefined
    ? new BrokerError('BROKER_PORT_IN_USE', `${taken}; choose another, or port 0 for any free one`, { cause })
    : new BrokerError('BROKER_LISTEN_FAILED', `${taken}; choose another path, or remove that file`, {
        cause,
      });
}
