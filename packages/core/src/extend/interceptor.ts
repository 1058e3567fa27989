import type { AnyFunction, Class } from '../declare/token.js';
import type { CallScope } from './call-scope.js';

/**
 * Wraps each call of a route, in the worker. The first in the list is the outermost.
 *
 * @example
 * ```ts
 * class Timed implements Interceptor {
 *   async intercept(call: CallScope, next: () => Promise<unknown>) {
 *     const from = performance.now();
 *     try { return await next(); } finally { console.log(call.target, performance.now() - from); }
 *   }
 * }
 * ```
 */
export interface Interceptor {
  /** Runs the rest of the call with `next()`, once; what it returns or throws is the call's end. */
  intercept(call: CallScope, next: () => Promise<unknown>): Promise<unknown>;
}

/** An interceptor class, made by the worker's container, or a function of the same shape. */
export type InterceptorLike = Class<Interceptor> | Interceptor['intercept'];

/**
 * Turns one payload into another before the handler gets it.
 *
 * @example
 * ```ts
 * class CentsToEuros implements Translator {
 *   translate(payload: { cents: number }) { return { euros: payload.cents / 100 }; }
 * }
 * ```
 */
export interface Translator {
  /** What it returns takes the payload's place; a {@link BadInputError} thrown here rejects the message for good. */
  translate(payload: never, call: CallScope): unknown;
}

/** A translator class, made by the worker's container, or a function of the same shape. */
export type TranslatorLike = Class<Translator> | ((payload: never, call: CallScope) => unknown);

/** True for a class whose instances have the method, false for a plain function. */
export function isClassWith(method: string, candidate: AnyFunction | Class): candidate is Class {
  return typeof (candidate.prototype as Record<string, unknown> | undefined)?.[method] === 'function';
}
