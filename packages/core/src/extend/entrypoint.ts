import type { Config } from '../config/config.js';
import { markMember } from '../declare/metadata.js';
import { refuseStandardDecorators } from '../declare/standard-decorators.js';
import type { AnyFunction, Class } from '../declare/token.js';
import type { Route } from '../route/route.js';
import type { Signature } from '../rpc/signature/signature.js';
import type { CallRequest } from '../run/call.js';
import type { Ending } from '../run/ending.js';
import type { BackOff } from '../run/retry-policy.js';
import type { CallInfo } from './call-scope.js';
import type { Eventual } from './eventual.js';
import type { Extension, ExtensionContext } from './extension.js';
import type { InterceptorLike, TranslatorLike } from './interceptor.js';

/** Options every entrypoint takes beside its own. */
export interface RouteOptions {
  /** When and how often a failed call is tried again. Default: never. */
  readonly backOff?: BackOff;
  /**
   * Called with `(...arguments, error)` when the call has failed for good: a method of the same class by name, a
   * function, or a path as in `route()`. Then comes the entrypoint's own end: an event
   * is dead-lettered all the same.
   */
  readonly onFailure?: string | AnyFunction;
  /** Wrap each call, the first outermost. */
  readonly interceptors?: readonly InterceptorLike[];
  /** Turn the payload (the first argument) into another, in this order. */
  readonly translators?: readonly TranslatorLike[];
  /** Milliseconds one attempt may take. Default: that of the workers. */
  readonly taskTimeout?: number;
}

/** What a worker makes of an input: arguments for the handler, or nothing to do. */
export type Reception =
  | { readonly kind: 'call'; readonly args: readonly unknown[] }
  | { readonly kind: 'filtered' };

/**
 * What triggers routes of one kind: an event, a timer, a remote call. Both sides load it: the main side uses
 * `create`, a worker `receive`.
 */
export interface EntrypointDefinition<Options extends RouteOptions = RouteOptions> {
  /** Shown in messages and in `Runner.routes`: `Timer`, `EventListener`. */
  readonly kind: string;
  /** How many arguments handlers get before what is injected; the scan tells handlers that want more. Default: any. */
  readonly arity?: number;
  /**
   * Names of its options beside those of `RouteOptions`, and of what its decorator adds to them; the scan tells any
   * other. Default: any.
   */
  readonly optionNames?: readonly (keyof Options & string)[];
  /** Whether the caller waits for the handler's result. Without, results stay in the worker and are dropped. */
  readonly returns?: boolean;
  /** What is wrong with the options, a sentence each; told by the scan. */
  check?(options: Options): readonly string[];
  /** What a route wants for itself alone, such as `queue orders`. Two routes that claim the same are a fault. */
  claims?(route: Route<Options>, config: Config): readonly string[];
  /** The main-side half of one route. Import heavy modules here: workers never call this. */
  create(context: EntrypointContext<Options>): Promise<Extension> | Extension;
  /**
   * Turns an input into the handler's arguments, in the worker. Throws `BadInputError` for what can never be
   * handled; any other error is a failed attempt.
   */
  receive(input: unknown, options: Options, call: CallInfo): Reception;
  /**
   * The same for `onFailure`, which is called about whatever failed, `receive` included: without anything of the user's
   * that may have thrown, such as a filter. Default: `receive`.
   */
  receiveFailed?(input: unknown, options: Options, call: CallInfo): readonly unknown[];
  /**
   * Turns the handler's result into what the caller gets, in the worker, where `returns` is set: text for a wire, so
   * that the main side need not. If it throws, the attempt has failed. Default: the result itself, cloned.
   */
  encode?(value: unknown, input: unknown): unknown;
}

/** What the main-side half of a route is made with. */
export interface EntrypointContext<Options extends RouteOptions = RouteOptions> extends ExtensionContext {
  readonly route: Route<Options>;
  /** Calls the route can have in flight before they queue: workers times calls a worker. */
  readonly capacity: number;
  /**
   * What callers give the handler, read from its source: for names on the wire and for documentation. Of a target by path
   * a worker tells: ask in `start`, when there are workers. Undefined where the source cannot be read.
   */
  signature(): Promise<Signature | undefined>;
  /**
   * Runs one attempt, then `settle` with its ending, which says what to do with what triggered it; a `retry` is the
   * entrypoint's to arrange, with `attempt + 1`. The call counts as in flight until `settle` has ended, so a stop
   * waits for it. Resolves with the ending; rejects only when `settle` does. Without `settle` the ending itself is
   * returned where nothing had to be waited for: `await` it either way.
   */
  dispatch(request: CallRequest, settle?: (ending: Ending) => Promise<void> | void): Eventual<Ending>;
  /**
   * Runs one attempt of several requests as one call. The definition's `receive` is asked for each; then the handler is
   * called once, with an array for each argument; what it returns is dropped. Each request has its own attempt count
   * and its own ending, told to `settle` with its index as soon as it is known. A handler names those that failed with
   * a {@link BatchError}; whatever else it throws is the end of all. If the worker dies or the time is over they are
   * run again one by one, as the same attempt, so that one of them cannot take the others along. Rejects only when
   * `settle` does.
   */
  dispatchBatch(
    requests: readonly CallRequest[],
    settle?: (ending: Ending, index: number) => Promise<void> | void,
  ): Promise<readonly Ending[]>;
}

/** An entrypoint with its options: what its decorator writes down. */
export interface EntrypointMark<Options extends RouteOptions = RouteOptions> {
  readonly definition: EntrypointDefinition<Options>;
  readonly options: Options;
}

/**
 * A method decorator that also carries its entrypoint, for `route(target, entrypoint)`. It refuses a method whose first
 * parameters are not `Arguments`; what follows them is injected.
 */
export interface EntrypointDecorator<Arguments extends readonly unknown[] = never[]> {
  /**
   * Writes the entrypoint down at the method.
   *
   * @typeParam Handler - the method's type
   */
  <Handler extends (...args: [...Arguments, ...never[]]) => unknown>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Handler>,
  ): void;
  readonly entrypoint: EntrypointMark;
}

/**
 * Makes the decorator of an entrypoint. `Arguments` are what its handlers get, before what is injected.
 *
 * @example
 * ```ts
 * export function Watch(folder: string, options: RouteOptions = {}): EntrypointDecorator<[path: string]> {
 *   return annotate(watchEntrypoint, { folder, ...options });
 * }
 * ```
 */
export function annotate<Options extends RouteOptions, Arguments extends readonly unknown[] = never[]>(
  definition: EntrypointDefinition<Options>,
  options: Options,
): EntrypointDecorator<Arguments> {
  const entrypoint = { definition, options } as unknown as EntrypointMark;
  const decorate = (target: object | Class, key: string | symbol, descriptor?: PropertyDescriptor): void => {
    refuseStandardDecorators(definition.kind, key);
    markMember(target, { key, place: placeOf(target, descriptor), entrypoint });
  };
  return Object.assign(decorate, { entrypoint });
}

function placeOf(
  target: object,
  descriptor: PropertyDescriptor | undefined,
): 'method' | 'accessor' | 'static' {
  if (typeof target === 'function') return 'static';
  return typeof descriptor?.value === 'function' ? 'method' : 'accessor';
}
