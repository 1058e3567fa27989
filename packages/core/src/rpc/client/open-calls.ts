import type { WireError } from '../../errors/wire-error.js';
import {
  RpcBusyError,
  RpcConnectionLostError,
  RpcTimeoutError,
  RpcUnauthorizedError,
  RpcUnreachableError,
  RpcUnsendableError,
} from '../errors/call-errors.js';
import { onAbort } from './abort-listener.js';
import { pauseAfter } from './back-off.js';
import { errorOf } from './call-error.js';
import { CallLane, type LaneCall } from './call-lane.js';
import type { AnswerOutcome, CallCarrier, CarrierEnd, CarrierEvents } from './carrier.js';
import type { CallClientOptions, ClientCallOptions } from './client-options.js';

/** What open calls are made with. */
export interface OpenCallsParts {
  /** The other side, for messages. */
  readonly where: string;
  readonly options: Required<CallClientOptions>;
  /** Whether a call can be sent without wanting an answer; else one comes, and is for nobody. */
  readonly notifies: boolean;
  /** Makes what carries the calls. */
  createCarrier(events: CarrierEvents): CallCarrier;
  /** Makes an error of what a handler threw. */
  revive(error: WireError): Error;
  /** The other side does not know a target that was called. */
  targetGone(): void;
}

/** A call that is not settled. */
interface ClientCall extends LaneCall {
  readonly target: string;
  readonly params: string;
  readonly callIdStack: readonly string[];
  readonly headers: Readonly<Record<string, unknown>> | undefined;
  /** It is settled for its caller once it is sent. */
  readonly notification: boolean;
  readonly idempotent: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Answers "not now" so far, and the last of them. */
  refusals: number;
  refusal: string | undefined;
  /** While it rests. */
  rest: ReturnType<typeof setTimeout> | undefined;
  /** Lets go of the signal. */
  release: () => void;
}

// Between tries of a call for which there is no room.
const busyPauses = { first: 20, longest: 2_000 };
const longestTimeout = 2 ** 31 - 1;

/** The calls of one client: sent over its carrier, answered, given up in time, tried again where that does no harm. */
export class OpenCalls {
  readonly where: string;
  readonly #options: Required<CallClientOptions>;
  readonly #notifies: boolean;
  readonly #carrier: CallCarrier;
  readonly #lane: CallLane<ClientCall>;
  readonly #revive: (error: WireError) => Error;
  readonly #targetGone: () => void;
  #last = 0;
  #lastEnd: CarrierEnd | undefined;

  constructor({ where, options, notifies, createCarrier, revive, targetGone }: OpenCallsParts) {
    this.where = where;
    this.#options = options;
    this.#notifies = notifies;
    this.#revive = revive;
    this.#targetGone = targetGone;
    this.#lane = new CallLane({
      maxInFlight: options.maxInFlight,
      ready: () => this.#carrier.state === 'open' && !this.#carrier.isFull,
      send: (call) => this.#send(call),
      expired: (call, before) => this.#expired(call, before),
    });
    this.#carrier = createCarrier({
      opened: () => this.#lane.flush(),
      roomier: () => this.#lane.flush(),
      answered: (id, outcome) => this.#hear(id, outcome),
      lost: (end) => this.#lost(end),
    });
  }

  /** Calls that are not settled. */
  get pending(): number {
    return this.#lane.size;
  }

  /** Calls a target by its name on the wire, with arguments as a JSON array. */
  call(target: string, params: string, options: ClientCallOptions): Promise<unknown> {
    return this.#begin(target, params, options, false);
  }

  /** Calls it without wanting an answer; resolves when the call is handed to the connection. */
  async notify(target: string, params: string, options: ClientCallOptions): Promise<void> {
    await this.#begin(target, params, options, true);
  }

  /** Closes the carrier; calls that are open are given up. */
  async close(): Promise<void> {
    const closed = this.#carrier.close();
    for (const call of this.#lane.takeAll()) {
      fail(
        call,
        new RpcUnreachableError(`${this.where}: the client was closed before ${call.target} was answered`),
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
      headers,
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
        headers,
        notification,
        idempotent,
        resolve,
        reject,
        refusals: 0,
        refusal: undefined,
        rest: undefined,
        release: nothing,
      };
      if (signal) this.#listen(call, signal);
      this.#lane.add(call);
      if (call.state === 'waiting') this.#carrier.want();
    });
  }

  #checkRoom(target: string): void {
    if (this.#carrier.state === 'closed')
      throw new RpcUnreachableError(`${this.where}: the client is closed`);
    const { maxQueue, maxInFlight } = this.#options;
    if (this.#lane.size < maxQueue + maxInFlight) return;
    throw new RpcBusyError(
      `${this.where}: ${target} was not sent: ${this.#lane.size} calls wait already (maxQueue)`,
    );
  }

  #listen(call: ClientCall, signal: AbortSignal): void {
    call.release = onAbort(signal, () => {
      const wasSent = call.state === 'sent';
      if (!this.#lane.settle(call)) return;
      fail(call, signal.reason);
      if (wasSent) this.#forsake();
      this.#lane.flush();
    });
  }

  #send(call: ClientCall): boolean {
    const { id, target, params, due, callIdStack, headers, notification, idempotent } = call;
    const isAnswered = !(notification && this.#notifies);
    const timeout = due - performance.now();
    try {
      this.#carrier.send({
        id: isAnswered ? id : undefined,
        target,
        params,
        timeout,
        callIdStack,
        headers,
        idempotent,
      });
    } catch (cause) {
      const why = (cause as Error).message;
      fail(call, new RpcUnsendableError(`${this.where}: ${target} cannot be sent: ${why}`, { cause }));
      return false;
    }
    if (notification) {
      call.release();
      call.resolve(undefined);
    }
    return isAnswered;
  }

  #hear(id: number | undefined, outcome: AnswerOutcome): void {
    const call = id === undefined ? this.#lane.oldestSent() : this.#lane.find(id);
    // Nobody waits any longer for a late answer.
    if (call?.state === 'sent') this.#answered(call, outcome);
  }

  #answered(call: ClientCall, outcome: AnswerOutcome): void {
    if (outcome.kind === 'again') {
      this.#postpone(call, outcome.message);
      return;
    }
    this.#lane.settle(call);
    call.release();
    if (outcome.kind === 'refused' && outcome.refusal === 'unknown-target') this.#targetGone();
    if (outcome.kind === 'result') call.resolve(outcome.value);
    else call.reject(errorOf(outcome, this.where, this.#revive));
    this.#lane.flush();
  }

  /** There was no room for it over there: another try, while its time lasts. */
  #postpone(call: ClientCall, refusal: string): void {
    this.#lane.rest(call);
    call.refusals += 1;
    call.refusal = refusal;
    const pause = pauseAfter(call.refusals, busyPauses);
    if (performance.now() + pause < call.due) call.rest = setTimeout(() => this.#lane.again(call), pause);
    this.#lane.flush();
  }

  #expired(call: ClientCall, before: LaneCall['state']): void {
    fail(call, this.#lateness(call, before));
    if (before === 'sent') this.#forsake();
  }

  #lateness({ target, refusal }: ClientCall, before: LaneCall['state']): Error {
    if (before === 'sent') return new RpcTimeoutError(`${this.where}: ${target} was not answered in time`);
    if (refusal !== undefined)
      return new RpcBusyError(`${this.where}: ${target} found no room in time: ${refusal}`);
    if (this.#carrier.state === 'open') {
      return new RpcBusyError(`${this.where}: ${target} waited too long for calls before it (maxInFlight)`);
    }
    const why = this.#lastEnd?.reason ?? 'it does not answer';
    return new RpcUnreachableError(
      `${this.where}: ${target} was not sent, there was no connection in time: ${why}`,
    );
  }

  #forsake(): void {
    this.#carrier.forsake();
    if (this.#lane.size > 0) this.#carrier.want();
  }

  #lost(end: CarrierEnd): void {
    this.#lastEnd = end;
    if (end.unauthorized) {
      for (const call of this.#lane.takeAll()) {
        fail(call, new RpcUnauthorizedError(`${this.where}: ${call.target} was not sent: ${end.reason}`));
      }
      return;
    }
    const lost = this.#lane.takeSent(({ idempotent }) => idempotent);
    for (const call of lost) {
      fail(
        call,
        new RpcConnectionLostError(
          `${this.where}: the connection was lost before ${call.target} was answered: ${end.reason}`,
        ),
      );
    }
    if (this.#lane.size > 0) this.#carrier.want();
  }
}

/** Ends a call without a result; it has been taken out. */
function fail(call: ClientCall, error: unknown): void {
  clearTimeout(call.rest);
  call.release();
  call.reject(error);
}

function nothing(): void {}
