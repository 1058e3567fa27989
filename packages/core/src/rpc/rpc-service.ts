import type { AnyFunction } from '../declare/token.js';
import type { BackOffData } from '../handle/back-off-data.js';
import type { CallContext } from '../handle/call-context.js';
import type { TargetInfo } from './signature/target-info.js';

declare const injected: unique symbol;

/**
 * Marks a handler's parameter as injected for {@link RpcService}, where its type alone does not tell: text, numbers, plain
 * data. Parameters of classes with methods, such as `Producer` or your own, need no mark: no caller could send one.
 *
 * @example
 * ```ts
 * @WebSocketRpc()
 * price(symbol: string, @Inject('currency') currency: Injected<string>) {}
 * ```
 */
export type Injected<T> = T & { readonly [injected]?: true };

/** How one call is made. */
export interface RpcCallOptions {
  /**
   * Milliseconds the caller waits, all tries together; they travel along, so that nobody works longer for it. Default: the
   * client's. In a handler never more than the running call has left.
   */
  readonly timeout?: number;
  /** Gives the call up: it rejects with the signal's reason. The other side is not told. */
  readonly signal?: AbortSignal;
  /** The call does no harm when it runs twice: it is sent again when the connection broke. Default: the client's. */
  readonly idempotent?: boolean;
}

/**
 * A method of a remote service.
 *
 * @typeParam Args - the handler's parameters, without those that are injected
 * @typeParam Result - what comes back, as JSON makes it
 */
export interface RpcMethod<Args extends readonly unknown[] = readonly unknown[], Result = unknown> {
  /**
   * Calls it. Rejects with what the handler threw: an instance of its class where that is registered with `@RpcError()`,
   * else a `RemoteError`; and with an `Rpc...Error` where no answer came.
   */
  (...args: Args): Promise<Result>;
  /** Calls it with options. */
  call(args: Args, options?: RpcCallOptions): Promise<Result>;
  /** Calls it without wanting an answer: resolves when the call was handed to the connection. */
  notify(...args: Args): Promise<void>;
  /** What the other side tells of it. Throws an `RpcUnknownTargetError` until `targets()` has told once. */
  readonly info: TargetInfo;
}

/** What every remote service has beside its methods. */
export interface RpcTargets {
  /** What the other side offers. */
  targets(): Promise<readonly TargetInfo[]>;
}

/**
 * A remote service, by the type of its class; `import type` is enough. Its public methods become {@link RpcMethod}s without
 * the parameters that are injected.
 *
 * @typeParam T - the service class
 *
 * @example
 * ```ts
 * @Timer(10_000)
 * async poll(at: Date, @Inject(WebSocketRpcClient.at('127.0.0.1', 8765)) rpc: RpcService<Quotes>) {
 *   const both = await Promise.all([rpc.price('A'), rpc.price('B')]);
 *   const one = await rpc.price.call(['A'], { timeout: 2_000 });
 * }
 * ```
 */
export type RpcService<T> = RpcTargets & {
  readonly [K in keyof T as T[K] extends AnyFunction ? K : never]: T[K] extends (
    ...args: infer Args
  ) => infer Result
    ? RpcMethod<Called<Args>, Jsonified<Awaited<Result>>>
    : never;
};

/** A handler's parameters without those at the end that are injected. */
export type Called<Args extends readonly unknown[]> = Args extends [...infer Front, infer Last]
  ? IsInjected<Last> extends true
    ? Loosened<Called<Front>>
    : Args
  : Args;

// Behind a parameter with a default, an injected one makes that default invisible: `undefined` at the end may be left out.
type Loosened<Args extends readonly unknown[]> = Args extends [...infer Front, infer Last]
  ? undefined extends Last
    ? [...Loosened<Front>, last?: Last]
    : Args
  : Args;

type IsAny<T> = 0 extends 1 & T ? true : false;

type IsInjected<T> =
  IsAny<T> extends true
    ? false
    : typeof injected extends keyof T
      ? true
      : T extends BackOffData | CallContext | RpcTargets
        ? true
        : T extends Data
          ? false
          : T extends object
            ? HasMethods<T>
            : false;

/** What JSON can carry as it is, though it has methods. */
type Data = string | number | boolean | bigint | symbol | null | undefined | Date | readonly unknown[];

type HasMethods<T> = { [K in keyof T]-?: T[K] extends AnyFunction ? K : never }[keyof T] extends never
  ? false
  : true;

/** What becomes of a value on its way through JSON: dates are text, functions are left out. */
export type Jsonified<T> =
  IsAny<T> extends true
    ? T
    : unknown extends T
      ? T
      : T extends {
            /** What JSON takes instead. */
            toJSON(): infer J;
          }
        ? Jsonified<J>
        : T extends AnyFunction
          ? never
          : T extends readonly unknown[]
            ? { [K in keyof T]: Jsonified<T[K]> }
            : T extends object
              ? { [K in keyof T as T[K] extends AnyFunction ? never : K]: Jsonified<T[K]> }
              : T;
