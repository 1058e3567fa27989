import type { FunctionRoute } from '../../declare/function-route.js';
import type { AnyFunction, Token } from '../../declare/token.js';
import { at, className, isClass } from '../fault.js';
import type { InjectionScan } from '../injection-scan.js';
import type { ModuleNode } from '../module-tree.js';
import { listed } from '../options/checks.js';
import {
  entrypointOptionFaults,
  functionOptionFaults,
  optionFaults,
} from '../options/route-option-faults.js';
import type { Route, Target } from '../route.js';
import { onFailureTarget } from './failure-target.js';
import { listedRouteFault } from './listed-route.js';
import { pathTarget } from './path-target.js';

/** The routes a module lists with `route()`. */
export function functionRoutes(node: ModuleNode, injections: InjectionScan, faults: string[]): Route[] {
  return (node.mark.options.routes ?? []).flatMap((declared, index) => {
    const place = `route ${index + 1} of ${className(node.type)}${at(node.mark.url)}`;
    const problem = listedRouteFault(declared, place);
    if (problem) faults.push(problem);
    const route = problem ? undefined : functionRoute({ node, declared, index, place }, injections, faults);
    return route ? [route] : [];
  });
}

interface ListedRoute {
  readonly node: ModuleNode;
  readonly declared: FunctionRoute;
  readonly index: number;
  /** How messages name it: number, module and file. */
  readonly place: string;
}

function functionRoute(
  { node, declared, index, place }: ListedRoute,
  injections: InjectionScan,
  faults: string[],
): Route | undefined {
  const { target, options: own } = declared;
  const { entrypoint } = declared.entrypoint;
  const options = { ...entrypoint.options, ...own };
  const { definition } = entrypoint;
  const named = typeof target === 'string' ? `'${target}'` : target.name || 'an anonymous function';
  const where = `@${definition.kind} for ${named}, ${place}`;
  const wrong = [
    ...entrypointOptionFaults(entrypoint),
    ...functionOptionFaults(own),
    ...(definition.check?.(entrypoint.options) ?? []),
    ...optionFaults(options),
  ];
  for (const fault of wrong) faults.push(`${where}: ${fault}`);
  const inject = listed(options.inject);
  for (const token of inject) injections.token(token, `${where}, inject`, 'call');
  const calls: Target | undefined =
    typeof target === 'string'
      ? pathTarget(target, { url: node.mark.url, where, inject }, faults)
      : { kind: 'function', call: target, inject };
  if (!calls) return undefined;
  if (calls.kind === 'path' && calls.member.includes('.') && inject.length > 0) {
    faults.push(`${where}: inject is for functions. Put @Inject(Token) on the parameters of the method.`);
  }
  const name = options.name ?? (calls.kind === 'path' ? calls.member : named);
  if (typeof target === 'function' && target.name === '' && options.name === undefined) {
    faults.push(`${where}: the function has no name. Give one: route(target, entrypoint, { name: '...' }).`);
  }
  if (typeof target === 'function') checkFunction(target, { where, arity: definition.arity, inject }, faults);
  const onFailure = sameClass(options.onFailure, target);
  return {
    id: `${node.index}/route/${index}`,
    target: name,
    entrypoint,
    calls,
    onFailure: onFailureTarget(onFailure, { service: undefined, url: node.mark.url, where }, faults),
    backOff: options.backOff,
    interceptors: listed(options.interceptors),
    translators: listed(options.translators),
    taskTimeout: options.taskTimeout,
    context: node.context,
    file: node.mark.url,
  };
}

interface FunctionPlace {
  readonly where: string;
  readonly arity: number | undefined;
  readonly inject: readonly Token[];
}

function checkFunction(target: AnyFunction, { where, arity, inject }: FunctionPlace, faults: string[]): void {
  if (isClass(target)) {
    faults.push(`${where}: a class cannot be called. List it in services and annotate its methods.`);
  } else if (arity !== undefined && target.length > arity + inject.length) {
    faults.push(
      `${where}: it takes ${target.length} parameters and would get ${arity}${inject.length > 0 ? ` and ${inject.length} injected` : ''}. ` +
        'List what to inject: route(target, entrypoint, { inject: [Token] }).',
    );
  }
}

// Beside './tasks.js#Tasks.test' a plain name is a method of that class.
function sameClass(
  onFailure: string | AnyFunction | undefined,
  target: string | AnyFunction,
): string | AnyFunction | undefined {
  if (typeof onFailure !== 'string' || typeof target !== 'string' || onFailure.includes('#'))
    return onFailure;
  const dot = target.lastIndexOf('.');
  return dot > target.indexOf('#') ? `${target.slice(0, dot)}.${onFailure}` : onFailure;
}
