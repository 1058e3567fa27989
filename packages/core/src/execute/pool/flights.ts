import { TaskTimedOutError } from '../../errors/kernel-errors.js';
import { toWireError, type WireError } from '../../errors/wire-error.js';
import type { Call } from '../../run/call.js';
import type { Outcome } from '../../run/outcome.js';
import type { Batch } from '../protocol.js';
import { DueTimer } from './due-timer.js';
import type { Pending } from './pending.js';

/** A call that a worker has. */
export interface Flight extends Pending {
  /** When its time is over; once it is late, when its worker's is. */
  due: number;
  /** Its time is over: however it ends now, it has timed out. */
  late: boolean;
}

/** What a slot does about calls that take too long. */
export interface OverdueEvents {
  /** The call's time is over. */
  late(call: Call, reason: WireError): void;
  /** The grace is over, too. */
  overrun(call: Call): void;
}

/** The calls one worker has, and their deadlines. Each ends once. */
export class Flights {
  readonly #open = new Map<number, Flight>();
  readonly #grace: number;
  readonly #events: OverdueEvents;
  readonly #timer = new DueTimer((now) => this.#overdue(now));
  #next = 1;

  constructor(grace: number, events: OverdueEvents) {
    this.#grace = grace;
    this.#events = events;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Notes calls that are being sent; their time runs from here. */
  begin(pending: readonly Pending[]): Batch {
    const now = performance.now();
    const first = this.#next;
    const calls: Call[] = [];
    for (const { call, settle, since, returns, gone } of pending) {
      const due = now + call.timeout;
      this.#open.set(this.#next++, { call, settle, since, returns, gone, due, late: false });
      this.#timer.expect(due);
      calls.push(call);
    }
    return { first, calls, at: Date.now() };
  }

  /** Ends a call, unless it has ended. */
  end(number: number, outcome: Outcome): void {
    const flight = this.#open.get(number);
    if (!flight) return;
    this.#open.delete(number);
    flight.settle(flight.late ? timedOut(flight.call, 'ended only after its signal was aborted') : outcome);
  }

  /** Gives back those that the worker had not begun, in their order; not those whose time is over. */
  takeUnbegun(begun: number): Pending[] {
    const unbegun: Pending[] = [];
    for (const [number, flight] of this.#open) {
      if (number <= begun || flight.late) continue;
      this.#open.delete(number);
      unbegun.push({ ...flight, returns: flight.returns + 1 });
    }
    return unbegun;
  }

  /** Ends all that are left. */
  endAll(outcomeOf: (call: Call) => Outcome): void {
    const flights = [...this.#open.values()];
    this.#open.clear();
    this.#timer.clear();
    for (const { call, late, settle } of flights) {
      settle(
        late
          ? timedOut(call, 'went on after its signal was aborted, so its worker was ended')
          : outcomeOf(call),
      );
    }
  }

  callOf(id: string): Call | undefined {
    for (const { call } of this.#open.values()) if (call.id === id) return call;
    return undefined;
  }

  #overdue(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const flight of this.#open.values()) {
      if (flight.due <= now) this.#delay(flight, now);
      next = Math.min(next, flight.due);
    }
    return next;
  }

  #delay(flight: Flight, now: number): void {
    const { call } = flight;
    if (flight.late) {
      flight.due = Number.POSITIVE_INFINITY;
      this.#events.overrun(call);
    } else {
      flight.late = true;
      flight.due = now + this.#grace;
      this.#events.late(call, lateness(call, 'is aborted'));
    }
  }
}

function timedOut(call: Call, how: string): Outcome {
  return { kind: 'timed-out', error: lateness(call, how) };
}

function lateness({ target, id, timeout }: Call, how: string): WireError {
  return toWireError(
    new TaskTimedOutError(
      `${target}: call ${id} took longer than its ${timeout} ms and ${how}. ` +
        'Raise taskTimeout, or pass the signal of its CallContext to what it waits for.',
    ),
  );
}
