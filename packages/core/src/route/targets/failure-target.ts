import { nearest } from '../../config/nearest.js';
import { methodNames } from '../../declare/metadata.js';
import type { AnyFunction, Class } from '../../declare/token.js';
import { className } from '../fault.js';
import { shown } from '../options/checks.js';
import type { Target } from '../route.js';
import { pathTarget } from './path-target.js';

/** Where an `onFailure` stands. */
export interface FailurePlace {
  /** The class whose methods may be named; none for functions and paths. */
  readonly service: Class | undefined;
  /** The module's file, which paths are relative to. */
  readonly url: string | undefined;
  readonly where: string;
}

/** What `onFailure` names, as a target; a fault when there is no such method or path. */
export function onFailureTarget(
  onFailure: string | AnyFunction | undefined,
  { service, url, where }: FailurePlace,
  faults: string[],
): Target | undefined {
  if (onFailure === undefined) return undefined;
  if (typeof onFailure === 'function') return { kind: 'function', call: onFailure, inject: [] };
  if (typeof onFailure !== 'string') {
    faults.push(`${where}: onFailure is ${shown(onFailure)}. ${known}`);
    return undefined;
  }
  if (onFailure.includes('#')) return pathTarget(onFailure, { url, where, inject: [] }, faults);
  const prototype = service?.prototype as Record<string, unknown> | undefined;
  if (service && typeof prototype?.[onFailure] === 'function' && onFailure !== 'constructor') {
    return { kind: 'method', service, key: onFailure };
  }
  faults.push(`${where}: ${service ? noMethod(onFailure, service) : noClass(onFailure)}`);
  return undefined;
}

const known = "Name a method, give a function, or a path such as './file.js#function'.";

function noMethod(onFailure: string, service: Class): string {
  const close = nearest(onFailure, methodNames(service));
  const mend = close ? `: did you mean '${close}'?` : `. ${known}`;
  return `onFailure '${onFailure}' is no method of ${className(service)}${mend}`;
}

function noClass(onFailure: string): string {
  return (
    `onFailure '${onFailure}' names a method, but the route calls a function, which has none. ` +
    "Give a function, or a path such as './file.js#function'."
  );
}
