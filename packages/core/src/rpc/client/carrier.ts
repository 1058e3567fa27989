import type { WireError } from '../../errors/wire-error.js';

/** A call on its way out. */
export interface OutgoingCall {
  /** Undefined for a notification. */
  readonly id: number | undefined;
  readonly target: string;
  /** The arguments as a JSON array. */
  readonly params: string;
  /** Milliseconds its caller still waits. */
  readonly timeout: number;
  readonly callIdStack: readonly string[];
  /** What else travels along, where the protocol has a place for it. */
  readonly headers: Readonly<Record<string, unknown>> | undefined;
  /** It does no harm when it runs twice. */
  readonly idempotent: boolean;
}

/** What an answer says. `again`: the call was not begun, try again. `refused`: it is for the framework to tell why. */
export type AnswerOutcome =
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly error: WireError }
  | { readonly kind: 'again'; readonly message: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly message: string };

/** Why the framework, on the other side, has no result. */
export type Refusal =
  | 'unknown-target'
  | 'bad-arguments'
  | 'unauthorized'
  | 'crashed'
  | 'timed-out'
  | 'unsendable'
  | 'protocol'
  | 'lost';

/** Why calls cannot be carried any longer, or could not be. */
export interface CarrierEnd {
  /** For messages. */
  readonly reason: string;
  /** The other side does not want this client: another try would end the same way. */
  readonly unauthorized: boolean;
}

/** What a transport does for the calls of a client: it has a connection, now and then. */
export interface CallCarrier {
  /** `closed` is for good. */
  readonly state: 'open' | 'away' | 'closed';
  /** It has as much to send as it likes to keep; calls wait until it tells of `roomier`. */
  readonly isFull: boolean;
  /** There is something to send: it should connect, unless it does already. */
  want(): void;
  /** Only while `open`. Throws where this call can never be sent. */
  send(call: OutgoingCall): void;
  /** Nobody waits any longer for the answer of a call that was sent. */
  forsake(): void;
  /** Closes for good; resolves when nothing is left open. */
  close(): Promise<void>;
}

/** What a carrier tells. */
export interface CarrierEvents {
  /** It is open: calls can be sent. */
  opened(): void;
  /** It is no longer full. */
  roomier(): void;
  /** An answer came; without an id it is for the oldest call. */
  answered(id: number | undefined, outcome: AnswerOutcome): void;
  /** What was sent will not be answered any more. */
  lost(end: CarrierEnd): void;
}
