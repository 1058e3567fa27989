import type { RpcCallOptions } from '../rpc-service.js';

/** How a client calls, over whatever transport. */
export interface CallClientOptions {
  /** Milliseconds a call waits for its answer, unless it says otherwise. Default: 30,000. */
  readonly timeout?: number;
  /** Whether calls do no harm when they run twice, so that they are sent again when the connection broke. Default: `false`. */
  readonly idempotent?: boolean;
  /** Calls in flight at the same time; more wait here. Default: 200. */
  readonly maxInFlight?: number;
  /** Calls that wait here at most; more are refused with an `RpcBusyError`. Default: 10,000. */
  readonly maxQueue?: number;
}

/** What holds where nothing else is said. */
export const defaultClientOptions: Required<CallClientOptions> = {
  timeout: 30_000,
  idempotent: false,
  maxInFlight: 200,
  maxQueue: 10_000,
};

/** How one call is made, and on whose behalf. */
export interface ClientCallOptions extends RpcCallOptions {
  /** Ids of the calls that led to this one: they travel along. */
  readonly callIdStack?: readonly string[];
  /** What else travels along, where the protocol has a place for it. */
  readonly headers?: Readonly<Record<string, unknown>>;
}
