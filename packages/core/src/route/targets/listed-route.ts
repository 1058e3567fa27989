import type { FunctionRoute } from '../../declare/function-route.js';
import { circular } from '../fault.js';
import { shown } from '../options/checks.js';

/** Why an entry of a module's `routes` cannot be read at all; undefined where `route()` made it of what it takes. */
export function listedRouteFault(declared: unknown, place: string): string | undefined {
  if (declared === undefined) return `${place} is undefined: ${circular}`;
  if (typeof declared !== 'object' || declared === null || !('target' in declared)) {
    return `${place} is ${shown(declared)}: make it with route(target, entrypoint).`;
  }
  const { target, entrypoint } = declared as Partial<FunctionRoute>;
  if (target === undefined) return `the target of ${place} is undefined: ${circular}`;
  if (typeof target !== 'function' && typeof target !== 'string') {
    return `the target of ${place} is ${shown(target)}: give a function, or a path such as './file.js#function'.`;
  }
  return entrypoint?.entrypoint
    ? undefined
    : `the entrypoint of ${place} is ${shown(entrypoint)}: call its decorator, for example Timer(1_000).`;
}
