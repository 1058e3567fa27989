import type { FunctionRoute } from '../declare/function-route.js';
import type { AnyFunction, Token } from '../declare/token.js';
import { onFailureTarget } from './failure-target.js';
import { at, circular, className, isClass } from './fault.js';
import type { InjectionScan } from './injection-scan.js';
import type { ModuleNode } from './module-tree.js';
import { entrypointOptionFaults, functionOptionFaults, optionFaults } from './option-faults.js';
import { pathTarget } from './path-target.js';
import type { Route, Target } from './route.js';

/** The routes a module lists with `route()`. */
export function functionRoutes(node: ModuleNode, injections: InjectionScan, faults: string[]): Route[] {
  return (node.mark.options.routes ?? []).flatMap((declared, index) => {
    const route = functionRoute(node, declared, index, injections, faults);
    return route ? [route] : [];
  });
}

function functionRoute(
  node: ModuleNode,
  { target, entrypoint: { entrypoint }, options: own }: FunctionRoute,
  index: number,
  injections: InjectionScan,
  faults: string[],
): Route | undefined {
  if (target === undefined) {
    faults.push(
      `the target of route ${index + 1} of ${className(node.type)}${at(node.mark.url)} is undefined: ${circular}`,
    );
    return undefined;
  }
  const options = { ...entrypoint.options, ...own };
  const { definition } = entrypoint;
  const named = typeof target === 'string' ? `'${target}'` : target.name || 'an anonymous function';
  const where = `@${definition.kind} for ${named}, route ${index + 1} of ${className(node.type)}${at(node.mark.url)}`;
  const wrong = [
    ...entrypointOptionFaults(entrypoint),
    ...functionOptionFaults(own),
    ...(definition.check?.(entrypoint.options) ?? []),
    ...optionFaults(options),
  ];
  for (const fault of wrong) faults.push(`${where}: ${fault}`);
  const inject = options.inject ?? [];
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
    interceptors: options.interceptors ?? [],
    translators: options.translators ?? [],
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
