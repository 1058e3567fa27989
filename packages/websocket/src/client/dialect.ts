import type { TargetInfo, WireError } from '@micro-framework/core/rpc';

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
}

/** An answer as it came in. `id` is undefined where the protocol has none: then it is for the oldest call. */
export interface IncomingAnswer {
  readonly id: number | undefined;
  readonly outcome: AnswerOutcome;
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
  | 'protocol';

/** How one protocol puts calls on the wire and reads answers. */
export interface Dialect {
  /** The subprotocols to ask for. */
  readonly subprotocols: readonly string[];
  /** Calls that can be in flight; the protocol's own bound. */
  readonly maxInFlight: number;
  /** Whether a call can be sent without wanting an answer. */
  readonly notifies: boolean;
  /** The text of a call. */
  request(call: OutgoingCall): string;
  /** What a text of the other side says; undefined for what is no answer. */
  answer(text: string): IncomingAnswer | undefined;
  /** What the other side is asked for its targets. */
  readonly targetsCall: string;
  /** Reads the answer to that. Throws when it makes no sense. */
  readTargets(value: unknown): readonly TargetInfo[];
}
