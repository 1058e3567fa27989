import { type PendingCall, PendingCalls } from '../pending-calls.js';

/** A call in the hands of a client. `waiting` to be sent, `sent`, `resting` before another try, `settled`. */
export interface LaneCall extends PendingCall {
  readonly id: number;
  state: 'waiting' | 'sent' | 'resting' | 'settled';
}

/** What a lane does its work with. */
export interface LaneParts<Call extends LaneCall> {
  /** Calls that may be sent and not answered at the same time. */
  readonly maxInFlight: number;
  /** Whether the connection takes a call now. */
  ready(): boolean;
  /** Puts it on the wire. Returns whether an answer will come. Never throws: those behind it are to be sent, too. */
  send(call: Call): boolean;
  /** The call's time is over. `before` is where it was then. */
  expired(call: Call, before: LaneCall['state']): void;
}

/** The calls of one connection: those that wait to be sent, in order, and those that wait for their answer. */
export class CallLane<Call extends LaneCall> {
  readonly #parts: LaneParts<Call>;
  readonly #open: PendingCalls<number, Call>;
  #queue: Call[] = [];
  #inFlight = 0;

  constructor(parts: LaneParts<Call>) {
    this.#parts = parts;
    this.#open = new PendingCalls((call) => {
      const before = call.state;
      this.#settled(call);
      parts.expired(call, before);
      this.flush();
    });
  }

  /** Calls that are not settled. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes in a new call, to be sent as soon as there is room. */
  add(call: Call): void {
    this.#open.add(call.id, call);
    this.#queue.push(call);
    this.flush();
  }

  /** Sends again a call that was refused. */
  again(call: Call): void {
    if (call.state !== 'resting') return;
    call.state = 'waiting';
    this.#queue.push(call);
    this.flush();
  }

  /** A call was answered "not now": it keeps its place among the open ones, and lets others pass. */
  rest(call: Call): void {
    this.#inFlight -= 1;
    call.state = 'resting';
  }

  /** The open call of that id; undefined for one that was settled meanwhile. */
  find(id: number): Call | undefined {
    return this.#open.get(id);
  }

  /** The oldest call that was sent: the one an answer without an id is for. */
  oldestSent(): Call | undefined {
    for (const call of this.#open) if (call.state === 'sent') return call;
    return undefined;
  }

  /** Takes a call out: it is answered, or given up. False when it was settled before. */
  settle(call: Call): boolean {
    if (this.#open.take(call.id) === undefined) return false;
    this.#settled(call);
    return true;
  }

  /** The connection is gone: takes out the calls that were sent, but for those that may be sent again. */
  takeSent(mayBeSentAgain: (call: Call) => boolean): readonly Call[] {
    const sent = [...this.#open].filter(({ state }) => state === 'sent');
    const again = sent.filter(mayBeSentAgain);
    for (const call of again) call.state = 'waiting';
    this.#inFlight = 0;
    this.#queue = [...again, ...this.#queue];
    const lost = sent.filter(({ state }) => state === 'sent');
    for (const call of lost) {
      call.state = 'settled';
      this.#open.take(call.id);
    }
    return lost;
  }

  /** Takes out all calls. */
  takeAll(): readonly Call[] {
    const all = this.#open.takeAll();
    for (const call of all) call.state = 'settled';
    this.#queue = [];
    this.#inFlight = 0;
    return all;
  }

  /** Sends what can be sent. */
  flush(): void {
    let next = 0;
    for (; next < this.#queue.length && this.#inFlight < this.#parts.maxInFlight; next += 1) {
      const call = this.#queue[next] as Call;
      if (call.state !== 'waiting') continue;
      if (!this.#parts.ready()) break;
      call.state = 'sent';
      this.#inFlight += 1;
      if (!this.#parts.send(call)) this.settle(call);
    }
    if (next === this.#queue.length) this.#queue.length = 0;
    else if (next > 0) this.#queue.splice(0, next);
  }

  #settled(call: Call): void {
    if (call.state === 'sent') this.#inFlight -= 1;
    call.state = 'settled';
  }
}
