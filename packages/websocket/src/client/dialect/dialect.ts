import type { AnswerOutcome, CallDialect, OutgoingCall } from '@micro-framework/core/rpc';

/** An answer as it came in. `id` is undefined where the protocol has none: then it is for the oldest call. */
export interface IncomingAnswer {
  readonly id: number | undefined;
  readonly outcome: AnswerOutcome;
}

/** How one protocol puts calls on the wire and reads answers. */
export interface Dialect extends CallDialect {
  /** The subprotocols to ask for. */
  readonly subprotocols: readonly string[];
  /** Calls that can be in flight; the protocol's own bound. */
  readonly maxInFlight: number;
  /** The text of a call. */
  request(call: OutgoingCall): string;
  /** What a text of the other side says; undefined for what is no answer. */
  answer(text: string): IncomingAnswer | undefined;
}
