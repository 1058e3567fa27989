import {
  RpcBusyError,
  type RpcCallOptions,
  RpcConnectionLostError,
  RpcTimeoutError,
  RpcUnauthorizedError,
  RpcUnreachableError,
  type WireError,
} from '@micro-framework/core/rpc';
import { onAbort } from './abort-listener.js';
import { pauseAfter } from './back-off.js';
import { errorOf } from './call-error.js';
import { CallLane, type LaneCall } from './call-lane.js';
import type { Dialect, IncomingAnswer } from './dialect.js';
import { Link, type LinkState } from './link.js';
import type { WholeOptions } from './options.js';
import type { OpenSocket, SocketEnd } from './socket.js';

/** How one call is made, and on whose behalf. */
export interface ClientCallOptions extends RpcCallOptions {
  /** Ids of the calls that led to this one: they travel along. */
  readonly callIdStack?: readonly string[];
}

/** What a connection is made with. */
export interface CallConnectionParts {
  readonly url: string;
  readonly options: WholeOptions;
  readonly dialect: Dialect;
  readonly openSocket: OpenSocket;
  /** Makes an error of what a handler threw. */
  revive(error: WireError): Error;
  /** The other side does not know a target that was called. */
  targetGone(): void;
}

/** A call as the connection carries it. */
interface ClientCall extends LaneCall {
  readonly target: string;
  readonly params: string;
  readonly callIdStack: readonly string[];
  readonly notification: boolean;
  readonly idempotent: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Answers "not now" so far, and the last of them. */
  refusals: number;
  refusal: string | undefined;
  /** Lets go of the signal. */
  release: () => void;
}

// Between tries of a call for which there is no room.
const busyPauses = { first: 20, longest: 2_000 };
// With more bytes than this not on their way yet, calls wait.
const highWater = 1024 * 1024;
const highWaterPause = 10;
const longestTimeout = 2 ** 31 - 1;

/** The calls to one address: sent over one connection, answered, given up in time, tried again where that does no harm. */
export class CallConnection {
  readonly url: string;
  readonly #options: WholeOptions;
  readonly #dialect: Dialect;
  readonly #link: Link;
  readonly #lane: CallLane<ClientCall>;
  readonly #revive: (error: WireError) => Error;
  readonly #targetGone: () => void;
  #last = 0;
  #lastEnd: SocketEnd | undefined;
  #drainTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ url, options, dialect, openSocket, revive, targetGone }: CallConnectionParts) {
    this.url = url;
    this.#options = options;
    this.#dialect = dialect;
    this.#revive = revive;
    this.#targetGone = targetGone;
    this.#link = new Link(url, dialect.subprotocols, openSocket, {
      opened: () => this.#lane.flush(),
      message: (text) => this.#hear(text),
      lost: (end) => this.#lost(end),
    });
    this.#lane = new CallLane({
      maxInFlight: Math.min(options.maxInFlight, dialect.maxInFlight),
      ready: () => this.#ready(),
      send: (call) => this.#send(call),
      expired: (call, before) => this.#expired(call, before),
    });
  }

  /** Where the connection is. */
  get state(): LinkState {
    return this.#link.state;
  }

  /** Calls that are not settled. */
  get pending(): number {
    return this.#lane.size;
  }

  /** Calls a target by its name on the wire, with arguments as a JSON array. */
  call(target: string, params: string, options: ClientCallOptions): Promise<unknown> {
    return this.#begin(target, params, options, false);
  }

  /** Calls it without wanting an answer; resolves when the call is handed to the socket. */
  async notify(target: string, params: string, options: ClientCallOptions): Promise<void> {
    await this.#begin(target, params, options, this.#dialect.notifies);
  }

  /** Closes the connection; calls that are open are given up. */
  async close(): Promise<void> {
    clearTimeout(this.#drainTimer);
    const closed = this.#link.close();
    for (const call of this.#lane.takeAll()) {
      call.release();
      call.reject(
        new RpcUnreachableError(`${this.url}: the client was closed before ${call.target} was answered`),
      );
    }
    await closed;
  }

  #begin(
    target: string,
    params: string,
    {
      timeout = this.#options.timeout,
      idempotent = this.#options.idempotent,
      signal,
      callIdStack = [],
    }: ClientCallOptions,
    notification: boolean,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#checkRoom(target);
      const call: ClientCall = {
        id: ++this.#last,
        state: 'waiting',
        due: performance.now() + Math.min(timeout, longestTimeout),
        target,
        params,
        callIdStack,
        notification,
        idempotent,
        resolve,
        reject,
        refusals: 0,
        refusal: undefined,
        release: nothing,
      };
      if (signal) this.#listen(call, signal);
      this.#lane.add(call);
      if (call.state === 'waiting') this.#link.want();
    });
  }

  #checkRoom(target: string): void {
    if (this.#link.state === 'closed') throw new RpcUnreachableError(`${this.url}: the client is closed`);
    const { maxQueue, maxInFlight } = this.#options;
    if (this.#lane.size < maxQueue + maxInFlight) return;
    throw new RpcBusyError(
      `${this.url}: ${target} was not sent: ${this.#lane.size} calls wait already (maxQueue)`,
    );
  }

  #listen(call: ClientCall, signal: AbortSignal): void {
    call.release = onAbort(signal, () => {
      const wasSent = call.state === 'sent';
      if (!this.#lane.settle(call)) return;
      call.release();
      call.reject(signal.reason);
      if (wasSent) this.#forsaken();
      this.#lane.flush();
    });
  }

  #ready(): boolean {
    if (this.#link.state !== 'open') return false;
    if (this.#link.bufferedAmount <= highWater) return true;
    // Sockets of browsers do not tell when they have sent what they had.
    this.#drainTimer ??= setTimeout(() => {
      this.#drainTimer = undefined;
      this.#lane.flush();
    }, highWaterPause);
    return false;
  }

  #send(call: ClientCall): boolean {
    const { id, target, params, due, callIdStack, notification } = call;
    const timeout = due - performance.now();
    this.#link.send(
      this.#dialect.request({ id: notification ? undefined : id, target, params, timeout, callIdStack }),
    );
    if (!notification) return true;
    call.release();
    call.resolve(undefined);
    return false;
  }

  #hear(text: string): void {
    const answer = this.#dialect.answer(text);
    if (!answer) return;
    const call = answer.id === undefined ? this.#lane.oldestSent() : this.#lane.find(answer.id);
    // Nobody waits any longer for a late answer.
    if (call?.state === 'sent') this.#answered(call, answer);
  }

  #answered(call: ClientCall, { outcome }: IncomingAnswer): void {
    if (outcome.kind === 'again') {
      this.#postpone(call, outcome.message);
      return;
    }
    this.#lane.settle(call);
    call.release();
    if (outcome.kind === 'refused' && outcome.refusal === 'unknown-target') this.#targetGone();
    if (outcome.kind === 'result') call.resolve(outcome.value);
    else call.reject(errorOf(outcome, this.url, this.#revive));
    this.#lane.flush();
  }

  /** There was no room for it over there: another try, while its time lasts. */
  #postpone(call: ClientCall, refusal: string): void {
    this.#lane.rest(call);
    call.refusals += 1;
    call.refusal = refusal;
    const pause = pauseAfter(call.refusals, busyPauses);
    if (performance.now() + pause < call.due) setTimeout(() => this.#lane.again(call), pause);
    this.#lane.flush();
  }

  #expired(call: ClientCall, before: LaneCall['state']): void {
    call.release();
    call.reject(this.#lateness(call, before));
    if (before === 'sent') this.#forsaken();
  }

  #lateness({ target, refusal }: ClientCall, before: LaneCall['state']): Error {
    if (before === 'sent') return new RpcTimeoutError(`${this.url}: ${target} was not answered in time`);
    if (refusal !== undefined)
      return new RpcBusyError(`${this.url}: ${target} found no room in time: ${refusal}`);
    if (this.#link.state === 'open') {
      return new RpcBusyError(`${this.url}: ${target} waited too long for calls before it (maxInFlight)`);
    }
    const why = this.#lastEnd?.reason ?? 'it does not answer';
    return new RpcUnreachableError(
      `${this.url}: ${target} was not sent, there was no connection in time: ${why}`,
    );
  }

  /** Where answers have no ids, the one that nobody waits for would be taken for the next. */
  #forsaken(): void {
    if (this.#dialect.maxInFlight > 1) return;
    this.#link.reset();
    if (this.#lane.size > 0) this.#link.want();
  }

  #lost(end: SocketEnd): void {
    this.#lastEnd = end;
    if (end.unauthorized) {
      for (const call of this.#lane.takeAll()) {
        call.release();
        call.reject(new RpcUnauthorizedError(`${this.url}: ${call.target} was not sent: ${end.reason}`));
      }
      return;
    }
    const lost = this.#lane.takeSent(({ idempotent }) => idempotent);
    for (const call of lost) {
      call.release();
      call.reject(
        new RpcConnectionLostError(
          `${this.url}: the connection was lost before ${call.target} was answered: ${end.reason}`,
        ),
      );
    }
    if (this.#lane.size > 0) this.#link.want();
  }
}

function nothing(): void {}
