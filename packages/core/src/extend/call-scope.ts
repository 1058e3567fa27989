import type { CallContext } from '../handle/call-context.js';

/** A call as the main side and the bridge see it. */
export interface CallInfo {
  /** `<service>.<target>.<uuid>` */
  readonly id: string;
  /** Ids of the calls that led to this one, the oldest first, this one last. */
  readonly callIdStack: readonly string[];
  /** Id of the route, as in `Runner.routes`. */
  readonly route: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** A call in a worker, from its first hook to its last. */
export interface CallScope {
  readonly context: CallContext;
  /** Class and method, or function, that is called: `Tasks.test`. */
  readonly target: string;
  /** The arguments of the entrypoint, translated; without the injected ones. */
  readonly args: readonly unknown[];
  /** False once the call has ended: what still runs then is work in the background. */
  readonly active: boolean;
  /** Notes an effect, to be committed by the main half of `dependency` when the call has succeeded. Cloned. */
  emit(dependency: string, effect: unknown): void;
}

/** How a call ended, for after-hooks. */
export type CallEnd =
  | { readonly kind: 'succeeded'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };
