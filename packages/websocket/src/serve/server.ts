import {
  Deadline,
  type Extension,
  type ExtensionContext,
  type HealthReport,
  type SharedDefinition,
} from '@micro-framework/core';
import { WebSocketServer as Driver, type WebSocket } from 'ws';
import { subprotocols } from '../wire/subprotocols.js';
import { Connection } from './connection/connection.js';
import { Connections } from './connection/connections.js';
import { type Arrival, Door } from './connection/door.js';
import { Listener } from './connection/listener.js';
import { Offer } from './offer.js';
import { defaultLimits, type WebSocketLimits, type WebSocketOptions } from './options.js';
import { UndecidedProtocol } from './protocol/choose-protocol.js';
import { JsonRpcProtocol } from './protocol/json-rpc-protocol.js';
import type { Protocol } from './protocol/protocol.js';
import { SeedProtocol } from './protocol/seed-protocol.js';
import type { RpcRoute } from './rpc-route.js';

// Clients have this long to say goodbye when the service stops.
const farewell = 2_000;

/** The WebSocket server of a service, shared by its routes: it listens once the last of them is ready. */
export class WebSocketServer implements Extension {
  readonly #context: ExtensionContext;
  readonly #options: WebSocketOptions;
  readonly #limits: WebSocketLimits;
  readonly #offer: Offer;
  readonly #listener: Listener;
  readonly #door: Door;
  readonly #connections: Connections;
  readonly #driver: Driver;
  #awaited = 0;
  #draining = false;

  constructor(context: ExtensionContext) {
    const { webSocket: options, webSocketIp: ip, webSocketPort: port, serviceName } = context.config;
    const { log } = context;
    this.#context = context;
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#offer = new Offer(serviceName, options, log);
    this.#connections = new Connections(this.#limits);
    this.#door = new Door({ options, limits: this.#limits, connections: this.#connections, log });
    this.#listener = new Listener(options, this.#limits, { ip, port }, (request, socket, head) => {
      // On a shared server others may be meant.
      if (this.#listener.hasNeighbours && !this.#door.concerns(request)) return;
      const address = request.socket.remoteAddress ?? 'unknown';
      this.#door
        .knock({ request, socket, head, address }, (...client) => this.#admit(...client))
        .catch((err: unknown) => {
          // Such as a neighbour on a shared server that took the same client.
          log.error({ err, address }, 'a WebSocket client could not be let in');
          socket.destroy();
        });
    });
    this.#driver = new Driver({
      noServer: true,
      clientTracking: false,
      maxPayload: this.#limits.maxPayload,
      perMessageDeflate: options.compression ?? false,
      handleProtocols: (offered) => Object.values(subprotocols).find((known) => offered.has(known)) ?? false,
    });
  }

  /** Notes a route that will be offered. */
  add(route: RpcRoute): void {
    this.#offer.add(route);
    this.#awaited += 1;
  }

  /** One more route is ready; with the last one the server begins to listen. Rejects with a `ListenError`. */
  async open(): Promise<void> {
    this.#awaited -= 1;
    if (this.#awaited > 0) return;
    await this.#listener.open();
    this.#listener.whenListening(() => this.#tell());
  }

  /** Takes no more connections. Calls of those that are open are refused by the runner from now on. */
  drain(): void {
    this.#draining = true;
    this.#door.close();
    this.#listener.refuseMore();
  }

  /** Says goodbye to all clients; their answers are out. */
  async stop(deadline: Deadline): Promise<void> {
    this.drain();
    this.#door.clear();
    const open = [...this.#connections];
    for (const connection of open) connection.close(1001, 'the service stops');
    const closed = Promise.all(open.map((connection) => connection.closed));
    await Deadline.in(Math.min(deadline.remaining, farewell)).within(closed);
    for (const connection of this.#connections) connection.terminate();
    await this.#listener.close();
  }

  /** Where it listens, and who is there. */
  health(): HealthReport {
    const { address } = this.#listener;
    return {
      status: address && !this.#draining ? 'up' : 'down',
      details: {
        address: address?.address ?? null,
        port: address?.port ?? null,
        connections: this.#connections.count,
        calls: [...this.#connections].reduce((sum, { inFlight }) => sum + inFlight, 0),
      },
    };
  }

  #tell(): void {
    const { log } = this.#context;
    const { address: place, shared } = this.#listener;
    if (!place || this.#draining) return;
    const { address, port } = place;
    if (!shared) {
      log.info({ address, port }, 'the WebSocket server listens');
      this.#options.onListening?.(place);
    }
    if (this.#options.authenticate || isLoopback(address)) return;
    log.warn(
      { address, port },
      'the WebSocket server can be reached from other machines, and everybody may call: give webSocket.authenticate',
    );
  }

  #admit({ request, socket, head, address }: Arrival, principal: unknown): void {
    this.#driver.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      const connection = new Connection({
        webSocket,
        socket,
        address,
        principal,
        log: this.#context.log,
        limits: this.#limits,
        protocol: (made) => this.#protocolOf(made),
      });
      this.#connections.add(connection);
      void connection.closed.then(() => this.#connections.delete(connection));
    });
  }

  #protocolOf(connection: Connection): Protocol {
    const parts = { ...this.#limits, offer: this.#offer, log: this.#context.log };
    return new UndecidedProtocol(connection.subprotocol, {
      'json-rpc': new JsonRpcProtocol(connection, parts),
      seed: new SeedProtocol(connection, parts),
    });
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

/** The server of a runner. */
export const webSocketServer: SharedDefinition<WebSocketServer> = {
  name: 'WebSocket server',
  create: (context) => new WebSocketServer(context),
};
