import type { WebSocketLimits } from '../options.js';
import type { Connection } from './connection.js';

/** The open connections, their numbers, and whether they live. */
export class Connections {
  readonly #limits: WebSocketLimits;
  readonly #open = new Set<Connection>();
  readonly #byAddress = new Map<string, number>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #round = 0;
  #unpinged: Connection[] = [];

  constructor(limits: WebSocketLimits) {
    this.#limits = limits;
  }

  /** Open ones, and those that are being opened. */
  get count(): number {
    return this.#count;
  }

  /** Takes a place, if there is one, for a client that is on its way in. */
  reserve(address: string): 'reserved' | 'full' | 'full for this address' {
    const own = this.#byAddress.get(address) ?? 0;
    if (this.#count >= this.#limits.maxConnections) return 'full';
    if (own >= this.#limits.maxConnectionsPerAddress) return 'full for this address';
    this.#count += 1;
    this.#byAddress.set(address, own + 1);
    return 'reserved';
  }

  /** Gives the place back. */
  release(address: string): void {
    const own = this.#byAddress.get(address) ?? 0;
    this.#count -= 1;
    if (own > 1) this.#byAddress.set(address, own - 1);
    else this.#byAddress.delete(address);
  }

  add(connection: Connection): void {
    this.#open.add(connection);
    this.#timer ??= setInterval(() => this.#pingSome(), this.#limits.pingInterval / rounds);
  }

  delete(connection: Connection): void {
    this.#open.delete(connection);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#open[Symbol.iterator]();
  }

  // Everybody once an interval, but not all at the same moment.
  #pingSome(): void {
    if (this.#round === 0) this.#unpinged = [...this.#open];
    const share = Math.ceil(this.#unpinged.length / (rounds - this.#round));
    for (const connection of this.#unpinged.splice(0, share)) connection.ping();
    this.#round = (this.#round + 1) % rounds;
  }
}

const rounds = 10;
