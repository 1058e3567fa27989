import { pauseAfter } from '@micro-framework/core/rpc';
import type { ClientSocket, OpenSocket, SocketEnd } from './socket.js';

/**
 * `idle`: no connection, and none wanted; `connecting`; `open`; `waiting`: before another try; `closed` for good.
 */
export type LinkState = 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';

/** What a link tells its client. */
export interface LinkEvents {
  opened(): void;
  message(text: string): void;
  /** The connection broke, or could not be made. Whoever still wants one says so again. */
  lost(end: SocketEnd): void;
}

const pauses = { first: 100, longest: 10_000 };
const connectTimeout = 10_000;

/** One connection to an address, made again when it is lost and wanted. */
export class Link {
  readonly url: string;
  readonly #protocols: readonly string[];
  readonly #open: OpenSocket;
  #events: LinkEvents = { opened: nothing, message: nothing, lost: nothing };
  #state: LinkState = 'idle';
  #socket: ClientSocket | undefined;
  #failures = 0;
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended: () => void = nothing;
  #closed: Promise<void> | undefined;

  constructor(url: string, protocols: readonly string[], open: OpenSocket) {
    this.url = url;
    this.#protocols = protocols;
    this.#open = open;
  }

  /** Who is told, from now on. */
  listen(events: LinkEvents): void {
    this.#events = events;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The subprotocol of the open connection. */
  get protocol(): string {
    return this.#socket?.protocol ?? '';
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** There is something to send: connects, unless it does already, and not sooner after a failure than it should. */
  want(): void {
    if (this.#state !== 'idle') return;
    const pause = this.#notBefore - performance.now();
    if (pause <= 0) {
      this.#connect();
    } else {
      this.#state = 'waiting';
      this.#timer = setTimeout(() => this.#connect(), pause);
    }
  }

  /** Only while `open`. */
  send(text: string): void {
    this.#socket?.send(text);
  }

  /** Drops the connection, whatever is on its way; another is made when one is wanted. */
  reset(): void {
    if (this.#state !== 'open') return;
    this.#socket?.close();
    this.#socket = undefined;
    this.#state = 'idle';
  }

  /** Closes for good; resolves when nothing is left open. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#state = 'closed';
    const socket = this.#socket;
    if (!socket) return Promise.resolve();
    return new Promise((resolve) => {
      this.#ended = resolve;
      socket.close();
    });
  }

  #connect(): void {
    this.#state = 'connecting';
    const socket = this.#open(this.url, this.#protocols, {
      opened: () => {
        if (this.#socket !== socket || this.#state !== 'connecting') return;
        clearTimeout(this.#timer);
        this.#state = 'open';
        this.#failures = 0;
        this.#events.opened();
      },
      message: (text) => {
        if (this.#socket === socket && this.#state === 'open') this.#events.message(text);
      },
      ended: (end) => {
        if (this.#socket === socket) this.#lost(end);
      },
    });
    this.#socket = socket;
    this.#timer = setTimeout(() => socket.close(), connectTimeout);
  }

  #lost(end: SocketEnd): void {
    clearTimeout(this.#timer);
    this.#socket = undefined;
    this.#ended();
    if (this.#state === 'closed') return;
    this.#failures += 1;
    this.#notBefore = performance.now() + pauseAfter(this.#failures, pauses);
    this.#state = 'idle';
    this.#events.lost(end);
  }
}

function nothing(): void {}
