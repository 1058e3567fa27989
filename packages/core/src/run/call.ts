import type { WireError } from '../errors/wire-error.js';
import type { CallInfo } from '../extend/call-scope.js';

/** What an entrypoint hands to the dispatcher. */
export interface CallRequest {
  /** What the worker's `receive` is given. Cloned to the worker: bytes must own their memory, not be views. */
  readonly input: unknown;
  /** What came along, for `CallContext.headers`. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** 1 for the first attempt, which is the default. */
  readonly attempt?: number;
  /** When the attempt before this one failed, in milliseconds since 1970. */
  readonly lastRetry?: number | undefined;
  /** Ids of the calls that led here, the oldest first. */
  readonly callIdStack?: readonly string[];
  /** Milliseconds whoever called still waits: the attempt gets no more, whatever the route's `taskTimeout`. */
  readonly timeout?: number | undefined;
  /** Who calls, for `CallContext.principal`. Cloned. */
  readonly principal?: unknown;
  /**
   * Aborts once nobody waits for its end any more: one that still waits for a worker then is not begun, and ends as
   * `requeue` with the reason `gone`. One that runs goes on.
   */
  readonly gone?: AbortSignal | undefined;
  /** What the sender calls it. The same in every attempt: the log shows it beside the call ids, which are not. */
  readonly messageId?: string;
}

/** One message of a batch. */
export interface CallMessage
  extends Required<
    Omit<CallRequest, 'headers' | 'lastRetry' | 'messageId' | 'timeout' | 'principal' | 'gone'>
  > {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly lastRetry: number | undefined;
  readonly messageId: string | undefined;
}

/** The envelope a worker gets: plain data. */
export interface Call {
  readonly id: string;
  readonly route: string;
  /** What the route calls, for messages: `Class.method`, or the function's name. */
  readonly target: string;
  /**
   * The handler itself, or the route's `onFailure` with the error that ended the last attempt. `signature` calls neither:
   * it asks what the handler takes.
   */
  readonly member: 'handler' | 'onFailure' | 'signature';
  readonly input: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly attempt: number;
  readonly lastRetry: number | undefined;
  readonly callIdStack: readonly string[];
  /** What its sender calls it; undefined for a batch, whose messages have their own. */
  readonly messageId: string | undefined;
  /** Milliseconds it may run. */
  readonly timeout: number;
  /**
   * When it must have ended, in milliseconds since 1970; for the handler to read, the executor has its own timer. Both run
   * from the moment it leaves for a worker: one that had to wait for it gets a later deadline than it was made with.
   */
  readonly deadline: number;
  readonly error: WireError | undefined;
  /** The messages of a batch, each with an input of its own; the call has none then. */
  readonly batch?: readonly CallMessage[];
  /** Who calls; undefined where nobody asked, and for a batch. */
  readonly principal?: unknown;
}

/** What others than its worker see of a call. */
export function infoOf({ id, callIdStack, route, attempt }: Call): CallInfo {
  return { id, callIdStack, route, attempt };
}
