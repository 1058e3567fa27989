import type { Duplex } from 'node:stream';
import { type Logger, writeTogether } from '@micro-framework/core';
import type { WebSocket } from 'ws';
import type { Protocol } from '../protocol/protocol.js';

/** What a connection is made with. */
export interface ConnectionParts {
  readonly webSocket: WebSocket;
  /** The stream below it. */
  readonly socket: Duplex;
  readonly address: string;
  readonly principal: unknown;
  readonly log: Logger;
  readonly limits: { readonly maxInFlight: number; readonly maxBuffered: number };
  /** Makes what handles its messages. */
  protocol(connection: Connection): Protocol;
}

// A client that is being dropped has this long to read why.
const closeGrace = 5_000;

/** One client: its messages in, answers out, and what it has open. */
export class Connection {
  readonly principal: unknown;
  readonly address: string;
  /** The subprotocol it asked for; empty for none. */
  readonly subprotocol: string;
  /** Resolves when it is gone. */
  readonly closed: Promise<void>;
  readonly #parts: ConnectionParts;
  readonly #gone = new AbortController();
  readonly #protocol: Protocol;
  #inFlight = 0;
  #misses = 0;
  #grace: NodeJS.Timeout | undefined;

  constructor(parts: ConnectionParts) {
    const { webSocket, socket, principal, address, log } = parts;
    this.#parts = parts;
    this.principal = principal;
    this.address = address;
    this.subprotocol = webSocket.protocol;
    this.#protocol = parts.protocol(this);
    writeTogether(socket);
    webSocket.on('message', (data, isBinary) => this.#hear(data as Buffer, isBinary));
    webSocket.on('pong', () => {
      this.#misses = 0;
    });
    // The driver closes the connection with the code that fits: too long, malformed, not UTF-8.
    webSocket.on('error', (err) => log.debug({ err, address }, 'a WebSocket client broke the protocol'));
    this.closed = new Promise((resolve) => {
      webSocket.on('close', () => {
        clearTimeout(this.#grace);
        this.#end();
        resolve();
      });
    });
  }

  /** Aborts once it hears no answers any more: from its close, or its goodbye, on. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** False from the first word of a goodbye, of either side, on. */
  get isOpen(): boolean {
    const { webSocket } = this.#parts;
    return webSocket.readyState === webSocket.OPEN;
  }

  /** Calls it waits for. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Begins a call, if the client may have one more at the same time. */
  enter(): boolean {
    if (this.#inFlight >= this.#parts.limits.maxInFlight) return false;
    this.#inFlight += 1;
    return true;
  }

  /** A call has been answered. */
  leave(): void {
    this.#inFlight -= 1;
  }

  /** Sends a message, unless the connection is closing; drops a client that does not read what it asked for. */
  send(text: string): void {
    if (!this.isOpen) return;
    const { webSocket, limits } = this.#parts;
    if (webSocket.bufferedAmount > limits.maxBuffered) {
      this.#parts.log.warn(
        { address: this.address, bytes: webSocket.bufferedAmount },
        'a WebSocket client was dropped: it does not read its answers',
      );
      this.close(1013, 'answers are not read');
      return;
    }
    webSocket.send(text);
  }

  /** Says goodbye; a client that does not answer it is cut off soon. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.#parts.webSocket.close(code, reason);
    this.#end();
    this.#grace = setTimeout(() => this.terminate(), closeGrace);
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#parts.webSocket.terminate();
  }

  /** Pings the client; one that answered none of two is cut off. */
  ping(): void {
    if (!this.isOpen) return;
    const { webSocket, log } = this.#parts;
    if (this.#misses >= 2) {
      log.debug({ address: this.address }, 'a WebSocket client is gone: it answered no ping');
      this.terminate();
      return;
    }
    this.#misses += 1;
    webSocket.ping();
  }

  #end(): void {
    this.#gone.abort();
    this.#protocol.end();
  }

  #hear(data: Buffer, isBinary: boolean): void {
    // To a client that is told goodbye nothing can be answered.
    if (!this.isOpen) return;
    this.#misses = 0;
    const text = isBinary ? decoded(data) : data.toString();
    this.#protocol.receive(text);
  }
}

// Of text frames the driver has checked that they are UTF-8. What is not becomes what no JSON parser takes.
function decoded(data: Buffer): string {
  try {
    return strict.decode(data);
  } catch {
    return '';
  }
}

const strict = new TextDecoder('utf-8', { fatal: true });
