import type { ServiceOptions } from '../../declare/service.js';
import { shown, unknownNames } from './checks.js';

/** What is wrong with the options of `@Service()`, a sentence each. */
export function serviceOptionFaults(options: ServiceOptions): string[] {
  const { name } = options;
  const isName = name === undefined || (typeof name === 'string' && name !== '');
  return [
    ...unknownNames(options, ['name']),
    ...(isName ? [] : [`name is ${shown(name)}: write what the class is called in queue and call names.`]),
  ];
}
