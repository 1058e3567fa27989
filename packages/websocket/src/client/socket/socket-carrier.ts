import type { CallCarrier, CarrierEvents, OutgoingCall } from '@micro-framework/core/rpc';
import { isLonger } from '../../wire/message-size.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Link } from './link.js';

// With more bytes than this not on their way yet, calls wait.
const highWater = 1024 * 1024;
const highWaterPause = 10;

/** What it carries calls with. */
export interface SocketCarrierParts {
  readonly link: Link;
  readonly dialect: Dialect;
  /** Bytes of one message. */
  readonly maxRequest: number;
}

/** Carries the calls of a client over its WebSocket. */
export class SocketCarrier implements CallCarrier {
  readonly #link: Link;
  readonly #dialect: Dialect;
  readonly #maxRequest: number;
  readonly #events: CarrierEvents;
  #drainTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ link, dialect, maxRequest }: SocketCarrierParts, events: CarrierEvents) {
    this.#link = link;
    this.#dialect = dialect;
    this.#maxRequest = maxRequest;
    this.#events = events;
    link.listen({
      opened: () => events.opened(),
      message: (text) => {
        const answer = dialect.answer(text);
        if (answer) events.answered(answer.id, answer.outcome);
      },
      lost: (end) => events.lost(end),
    });
  }

  get state(): CallCarrier['state'] {
    const { state } = this.#link;
    return state === 'open' || state === 'closed' ? state : 'away';
  }

  get isFull(): boolean {
    if (this.#link.bufferedAmount <= highWater) return false;
    // Sockets of browsers do not tell when they have sent what they had.
    this.#drainTimer ??= setTimeout(() => {
      this.#drainTimer = undefined;
      this.#events.roomier();
    }, highWaterPause);
    return true;
  }

  want(): void {
    this.#link.want();
  }

  /** Throws where its message is longer than the other side takes. */
  send(call: OutgoingCall): void {
    const text = this.#dialect.request(call);
    if (isLonger(text, this.#maxRequest))
      throw new RangeError(
        `its message has more than ${this.#maxRequest} bytes: send less, or where to find it, or raise maxRequest here and ` +
          'the limit maxPayload over there',
      );
    this.#link.send(text);
  }

  /** Where answers have no ids, the one that nobody waits for would be taken for the next. */
  forsake(): void {
    if (this.#dialect.maxInFlight === 1) this.#link.reset();
  }

  close(): Promise<void> {
    clearTimeout(this.#drainTimer);
    return this.#link.close();
  }
}
