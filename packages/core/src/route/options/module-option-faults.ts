import type { ModuleOptions } from '../../declare/module.js';
import { list, shown, unknownNames } from './checks.js';

/** What is wrong with the options of a module, a sentence each. What its lists hold is checked where it is read. */
export function moduleOptionFaults(options: ModuleOptions): string[] {
  return [
    ...unknownNames(options, Object.keys(moduleNames)),
    ...listNames.flatMap((name) => (Array.isArray(options[name]) ? [] : list(name, options[name]))),
    ...hookNames.flatMap((name) => {
      const hook: unknown = options[name];
      return hook === undefined || typeof hook === 'function'
        ? []
        : [`${name} is ${shown(hook)}: give a function.`];
    }),
  ];
}

const listNames = ['services', 'routes', 'imports', 'providers'] as const;
const hookNames = ['onWorkerStart', 'onWorkerStop'] as const;

// An object, not a list: the compiler tells a name that is missing here.
const moduleNames: Record<keyof ModuleOptions, true> = {
  services: true,
  routes: true,
  imports: true,
  providers: true,
  workers: true,
  url: true,
  onWorkerStart: true,
  onWorkerStop: true,
};
