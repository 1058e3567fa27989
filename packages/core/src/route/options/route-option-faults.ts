import type { FunctionRouteOptions } from '../../declare/function-route.js';
import type { Class } from '../../declare/token.js';
import type { EntrypointMark, RouteOptions } from '../../extend/entrypoint.js';
import { isClassWith } from '../../extend/interceptor.js';
import { isClass } from '../fault.js';
import { backOffFaults } from './back-off-faults.js';
import { list, longestTimer, number, unknownNames } from './checks.js';

/** What is wrong with the options that every entrypoint takes, a sentence each. */
export function optionFaults({ backOff, taskTimeout, interceptors, translators }: RouteOptions): string[] {
  return [
    ...(backOff ? backOffFaults(backOff) : []),
    ...number('taskTimeout', taskTimeout, { min: 1, max: longestTimer }),
    ...around('interceptors', interceptors, 'intercept'),
    ...around('translators', translators, 'translate'),
  ];
}

/** Options that neither the entrypoint nor every route has, a sentence each. */
export function entrypointOptionFaults({ definition, options }: EntrypointMark): string[] {
  const { optionNames } = definition;
  return optionNames ? unknownNames(options, [...Object.keys(routeNames), ...optionNames]) : [];
}

/** What is wrong with the options that `route()` has beside those, a sentence each. */
export function functionOptionFaults(options: FunctionRouteOptions): string[] {
  return [
    ...unknownNames(options, [...Object.keys(routeNames), 'inject', 'name']),
    ...list('inject', options.inject),
  ];
}

// An object, not a list: the compiler tells a name that is missing here.
const routeNames: Record<keyof RouteOptions, true> = {
  backOff: true,
  onFailure: true,
  interceptors: true,
  translators: true,
  taskTimeout: true,
};

function around(name: string, values: readonly unknown[] | undefined, method: string): string[] {
  return list(name, values, (value) => {
    if (typeof value !== 'function') return `give a function, or a class with a method ${method}.`;
    return isClass(value) && !isClassWith(method, value as Class) ? `it has no method ${method}.` : '';
  });
}
