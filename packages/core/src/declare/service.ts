import { callSite } from './call-site.js';
import { markService } from './metadata.js';
import { refuseStandardDecorators } from './standard-decorators.js';
import type { Class } from './token.js';

/** How a service is known. */
export interface ServiceOptions {
  /** The class's name in queue and call names. Default: the class's own, which a minifier would change. */
  readonly name?: string;
}

/**
 * Marks a class whose annotated methods are routes. One instance a worker, made when the
 * worker starts: a constructor that throws fails the start.
 *
 * @example
 * ```ts
 * @Service()
 * class Clock { @Timer(1_000) tick(firedAt: Date) { console.log(firedAt); } }
 * ```
 */
export function Service(options: ServiceOptions = {}): (target: Class) => void {
  const url = callSite(Service);
  return (target: Class, context?: unknown) => {
    refuseStandardDecorators('Service', context);
    markService(target, { options, url });
  };
}
