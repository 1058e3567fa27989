import { dependency } from '../declare/token.js';
import type { DependencyDefinition } from '../extend/dependency.js';
import type { Call, CallMessage } from '../run/call.js';

/** What came along with one message of a batch. */
export interface MessageContext {
  /** What its sender calls it. */
  readonly messageId: string | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** When the attempt before this one failed. */
  readonly lastRetry: Date | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Ids of the calls that led to it, the oldest first. */
  readonly callIdStack: readonly string[];
}

/**
 * The running call, injected into a parameter of a handler.
 *
 * @example
 * ```ts
 * @Timer(60_000)
 * async report(at: Date, @Inject(CallContext) call: CallContext) { await fetch(url, { signal: call.signal }); }
 * ```
 */
export class CallContext {
  static readonly [dependency]: DependencyDefinition<CallContext> = {
    name: 'CallContext',
    scope: 'call',
    worker: () => ({ provide: (call) => (call as NonNullable<typeof call>).context }),
  };

  /** `<service>.<target>.<uuid>` */
  readonly id: string;
  /** Ids of the calls that led to this one, the oldest first, this one last; of a batch, those its messages share. */
  readonly callIdStack: readonly string[];
  /** What the sender of the event or call calls it, the same in every attempt; undefined for a batch. */
  readonly messageId: string | undefined;
  readonly route: string;
  /** 1 for the first attempt; in a batch, that of the message tried most often. */
  readonly attempt: number;
  /** When the attempt before this one failed. */
  readonly lastRetry: Date | undefined;
  /** When this attempt must have ended. */
  readonly deadline: Date;
  /** What came along with the event or call; empty for a batch, whose messages have their own. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Who calls, as the transport's `authenticate` told it; undefined where nobody asked. */
  readonly principal: unknown;
  #messages: readonly MessageContext[] = [];
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  /** @internal */
  constructor(call: Call) {
    this.id = call.id;
    this.callIdStack = call.callIdStack;
    this.messageId = call.messageId;
    this.route = call.route;
    this.attempt = call.attempt;
    this.lastRetry = call.lastRetry === undefined ? undefined : new Date(call.lastRetry);
    this.deadline = new Date(call.deadline);
    this.headers = call.headers;
    this.principal = call.principal;
  }

  /** What came along with each message of a batch, in the order of the handler's array; empty for other calls. */
  get messages(): readonly MessageContext[] {
    return this.#messages;
  }

  /** @internal The handler is called with these messages. */
  takes(messages: readonly CallMessage[]): void {
    this.#messages = messages.map(({ messageId, attempt, lastRetry, headers, callIdStack }) => ({
      messageId,
      attempt,
      lastRetry: lastRetry === undefined ? undefined : new Date(lastRetry),
      headers,
      callIdStack,
    }));
  }

  /** Aborted when the call has timed out; a grace later its worker is ended. */
  get signal(): AbortSignal {
    // Made when asked for: a signal a call is dear, and few handlers take it.
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  /** @internal */
  abort(reason: unknown): void {
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }
}
