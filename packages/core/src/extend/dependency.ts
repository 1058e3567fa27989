import type { Config } from '../config/config.js';
import { type DependencyToken, dependency } from '../declare/token.js';
import type { CallEnd, CallInfo, CallScope } from './call-scope.js';
import type { Extension, ExtensionContext } from './extension.js';
import type { Logger } from './logger.js';

/**
 * A dependency has two halves. The worker half gives handlers their value. The main half, if there is one, owns
 * what the worker may not: sockets. The worker half reaches it with `ask`, during a call, and with a call's `emit`,
 * whose effects the main half commits when the call has succeeded.
 */
export interface DependencyDefinition<T> {
  /** Unique among all dependencies of a service; the address of its main half. */
  readonly name: string;
  /** `call`: the value belongs to one call, so only parameters of handlers can have it. Default: `worker`. */
  readonly scope?: 'worker' | 'call';
  /** The main half, made once a runner when a route needs it. Import heavy modules here: workers never call this. */
  main?(context: ExtensionContext): Promise<DependencyMain> | DependencyMain;
  /** The worker half, made once a worker when a route needs it. */
  worker(context: DependencyContext): DependencyWorker<T>;
}

/** The half on the main side. */
export interface DependencyMain extends Extension {
  /** Answers a question of the worker half. What it throws is thrown there, with name, code, message and data. */
  answer?(request: unknown, call: CallInfo | undefined): Promise<unknown>;
  /**
   * Carries out what a call emitted, after the handler succeeded and before the call is settled. If it throws,
   * the call has failed and its retry policy decides.
   */
  commit?(effects: readonly unknown[], call: CallInfo): Promise<void>;
}

/** The half in a worker. */
export interface DependencyWorker<T> {
  /** The value to inject; with `call` for a handler parameter, without for a constructor or a property. */
  provide(call?: CallScope): T;
  /** Before each call of a route that uses the dependency. If it throws, the call has failed. */
  before?(call: CallScope): Promise<void> | void;
  /** After each such call, also a failed one. If it throws, the call has failed. */
  after?(call: CallScope, end: CallEnd): Promise<void> | void;
  /** When the worker stops in order. */
  stop?(): Promise<void> | void;
}

/** What a worker half is made with. */
export interface DependencyContext {
  readonly config: Config;
  readonly log: Logger;
  /**
   * Asks the main half and waits for its answer, at most until the running call's deadline. Arguments and answer
   * are cloned.
   */
  ask(request: unknown): Promise<unknown>;
  /** The call that the running code belongs to, if any. */
  currentCall(): CallScope | undefined;
}

/**
 * Makes a token for a dependency of your own, to be used as `@Inject(token)`.
 *
 * @example
 * ```ts
 * export const Stopwatch = defineDependency<{ elapsed(): number }>({
 *   name: 'Stopwatch',
 *   scope: 'call',
 *   worker: () => ({ provide: () => { const from = performance.now(); return { elapsed: () => performance.now() - from }; } }),
 * });
 * ```
 */
export function defineDependency<T>(definition: DependencyDefinition<T>): DependencyToken<T> {
  return { [dependency]: definition };
}
