import type { AnyFunction, Class, Token } from '../declare/token.js';
import type { EntrypointMark, RouteOptions } from '../extend/entrypoint.js';
import type { InterceptorLike, TranslatorLike } from '../extend/interceptor.js';
import type { BackOff } from '../run/retry-policy.js';

/** What a route calls. */
export type Target =
  | { readonly kind: 'method'; readonly service: Class; readonly key: string | symbol }
  | { readonly kind: 'function'; readonly call: AnyFunction; readonly inject: readonly Token[] }
  /** Imported in workers only. `member` is the exported function, or `Class.method`. */
  | {
      readonly kind: 'path';
      readonly url: string;
      readonly member: string;
      readonly inject: readonly Token[];
      /** The route that names it, for messages. */
      readonly where: string;
    };

/** One way into the service: an entrypoint and what it calls. */
export interface Route<Options extends RouteOptions = RouteOptions> {
  /** Place of its module, its service and its method: `0/1/price`. The same on both sides. */
  readonly id: string;
  /** Its name in queue and call names: `Class.method`, or the function's. */
  readonly target: string;
  readonly entrypoint: EntrypointMark<Options>;
  readonly calls: Target;
  readonly onFailure: Target | undefined;
  readonly backOff: BackOff | undefined;
  readonly interceptors: readonly InterceptorLike[];
  readonly translators: readonly TranslatorLike[];
  readonly taskTimeout: number | undefined;
  /** Index of the context (a module with workers) that runs it. */
  readonly context: number;
  /** URL of the file that declares it, if known. */
  readonly file: string | undefined;
}
