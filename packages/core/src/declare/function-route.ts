import type { EntrypointDecorator, RouteOptions } from '../extend/entrypoint.js';
import type { AnyFunction, Token } from './token.js';

/** Options of a route whose target has no decorators of its own. */
export interface FunctionRouteOptions extends RouteOptions {
  /** What is injected after the arguments of the entrypoint, in this order. */
  readonly inject?: readonly Token[];
  /** The target's name in queue and call names. Default: the function's own, or what the path names. */
  readonly name?: string;
}

/** A route to a function or a path, for `@Module({ routes: [...] })`. */
export interface FunctionRoute {
  readonly target: AnyFunction | string;
  readonly entrypoint: EntrypointDecorator;
  readonly options: FunctionRouteOptions;
}

/**
 * A route to a function, or to a target by path: `'./tasks.js#test'`, `'./tasks.js#Class.method'`, relative to the
 * module's file. A path is imported in the workers only, never by the main side.
 *
 * @example
 * ```ts
 * @Module({ routes: [route('./tasks.js#nightly', Timer('0 3 * * *'), { inject: [Producer] })] })
 * class ServiceModule {}
 * ```
 */
export function route(
  target: AnyFunction | string,
  entrypoint: EntrypointDecorator,
  options: FunctionRouteOptions = {},
): FunctionRoute {
  return { target, entrypoint, options };
}
