import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@micro-framework/core';
import type { WebSocketLimits, WebSocketOptions } from '../options.js';
import { identify, isAllowedOrigin, type Refusal, refused } from './admission.js';
import type { Connections } from './connections.js';

/** What a door is made with. */
export interface DoorParts {
  readonly options: WebSocketOptions;
  readonly limits: WebSocketLimits;
  readonly connections: Connections;
  readonly log: Logger;
}

/** A client that wants to come in. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly address: string;
}

/** Lets clients in that may connect, and tells the others why not. */
export class Door {
  readonly #parts: DoorParts;
  readonly #arriving = new Set<Duplex>();
  #closed = false;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** Whether a request is for this server at all, by its path. */
  concerns({ url = '/' }: IncomingMessage): boolean {
    const { path } = this.#parts.options;
    return path === undefined || url.split('?', 1)[0] === path;
  }

  /** Lets a client in; it has its place until its socket closes. */
  async knock(arrival: Arrival, admit: (arrival: Arrival, principal: unknown) => void): Promise<void> {
    const { socket, request, address } = arrival;
    const { options, limits, connections, log } = this.#parts;
    socket.on('error', (err) => log.debug({ err, address }, 'a WebSocket client broke off'));
    const refusal = this.#refusal(arrival);
    if (refusal) return this.#refuse(arrival, refusal);
    this.#arriving.add(socket);
    socket.once('close', () => {
      this.#arriving.delete(socket);
      connections.release(address);
    });
    const admission = await identify(request, options.authenticate, limits, log);
    this.#arriving.delete(socket);
    if (socket.destroyed) return;
    if (admission.kind === 'refused') this.#refuse(arrival, admission);
    else if (this.#closed) this.#refuse(arrival, stopping);
    else admit(arrival, admission.principal);
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#closed = true;
  }

  /** Sends away those who still wait to be let in. */
  clear(): void {
    for (const socket of this.#arriving) socket.destroy();
  }

  /** Why a client need not even be asked who it is; when nothing speaks against it, it has taken its place. */
  #refusal({ request, address }: Arrival): Refusal | undefined {
    const { options, connections, log } = this.#parts;
    if (!this.concerns(request)) return refused(404, 'there is nothing here');
    if (this.#closed) return stopping;
    if (!isAllowedOrigin(request, options.origins)) {
      const { origin, host } = request.headers;
      log.warn(
        { origin, host },
        'a page of an origin that is not allowed wanted to connect: if it may, add it to webSocket.origins',
      );
      return refused(403, 'this origin is not allowed');
    }
    switch (connections.reserve(address)) {
      case 'full':
        return refused(503, 'too many connections');
      case 'full for this address':
        return refused(429, 'too many connections from your address');
      case 'reserved':
        return undefined;
    }
  }

  #refuse({ socket, address }: Arrival, { status, reason }: Refusal): void {
    this.#parts.log.debug({ address, status, reason }, 'a WebSocket client was refused');
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'connection: close',
      'content-type: text/plain',
      `content-length: ${Buffer.byteLength(reason)}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${reason}`, () => socket.destroy());
  }
}

const stopping = refused(503, 'the service stops');
