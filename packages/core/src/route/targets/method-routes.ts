import { type MemberMark, memberMarks, serviceMark } from '../../declare/metadata.js';
import type { AnyFunction, Class } from '../../declare/token.js';
import { at } from '../fault.js';
import { methodInjections } from '../injection.js';
import type { InjectionScan } from '../injection-scan.js';
import type { ModuleNode } from '../module-tree.js';
import { listed } from '../options/checks.js';
import { entrypointOptionFaults, optionFaults } from '../options/route-option-faults.js';
import type { Route } from '../route.js';
import { onFailureTarget } from './failure-target.js';

/** A service class in its module. */
export interface ServicePlace {
  readonly node: ModuleNode;
  readonly service: Class;
  readonly index: number;
  /** How messages name it: class and file. */
  readonly place: string;
}

/** The routes of a service class: one for each annotation of each method. */
export function methodRoutes(place: ServicePlace, injections: InjectionScan, faults: string[]): Route[] {
  const marks = memberMarks(place.service);
  if (marks.length === 0) {
    faults.push(
      `${place.place} has no annotated method: add one, for example @Timer(1_000), or list it as a provider.`,
    );
  }
  const seen = new Map<string | symbol, number>();
  return marks.flatMap((mark) => {
    const nth = seen.get(mark.key) ?? 0;
    seen.set(mark.key, nth + 1);
    const route = methodRoute(place, mark, nth, injections, faults);
    return route ? [route] : [];
  });
}

function methodRoute(
  { node, service, index }: ServicePlace,
  mark: MemberMark,
  nth: number,
  injections: InjectionScan,
  faults: string[],
): Route | undefined {
  const { definition, options } = mark.entrypoint;
  const name = serviceMark(service)?.options.name ?? service.name;
  const target = `${name}.${String(mark.key)}`;
  const where = `@${definition.kind} on ${target}${at(serviceMark(service)?.url)}`;
  if (mark.place !== 'method') {
    const what = mark.place === 'static' ? 'a static method' : 'an accessor or a property';
    faults.push(`${where}: it stands on ${what}. Routes are methods of instances: move it to one.`);
    return undefined;
  }
  const wrong = [
    ...entrypointOptionFaults(mark.entrypoint),
    ...(definition.check?.(options) ?? []),
    ...optionFaults(options),
  ];
  for (const fault of wrong) faults.push(`${where}: ${fault}`);
  checkParameters({ service, key: mark.key, arity: definition.arity, where }, injections, faults);
  const onFailure = onFailureTarget(options.onFailure, { service, url: node.mark.url, where }, faults);
  if (onFailure?.kind === 'method') {
    const failure = `onFailure of ${target}, ${String(onFailure.key)}${at(serviceMark(service)?.url)}`;
    const arity = definition.arity === undefined ? undefined : definition.arity + 1;
    checkParameters({ service, key: onFailure.key, arity, where: failure }, injections, faults);
  }
  return {
    id: `${node.index}/${index}/${String(mark.key)}${nth > 0 ? `:${nth}` : ''}`,
    target,
    entrypoint: mark.entrypoint,
    calls: { kind: 'method', service, key: mark.key },
    onFailure,
    backOff: options.backOff,
    interceptors: listed(options.interceptors),
    translators: listed(options.translators),
    taskTimeout: options.taskTimeout,
    context: node.context,
    file: serviceMark(service)?.url,
  };
}

interface Parameters {
  readonly service: Class;
  readonly key: string | symbol;
  readonly arity: number | undefined;
  readonly where: string;
}

function checkParameters(
  { service, key, arity, where }: Parameters,
  injections: InjectionScan,
  faults: string[],
): void {
  const injected = methodInjections(service, key);
  for (const [index, injection] of injected) {
    injections.injection(injection, `${where}, parameter ${index + 1}`, 'call');
  }
  const declared = (service.prototype as Record<string | symbol, AnyFunction>)[key]?.length ?? 0;
  if (arity !== undefined && declared > arity + injected.size) {
    faults.push(
      `${where}: it takes ${declared} parameters and would get ${arity}${injected.size > 0 ? ` and ${injected.size} injected` : ''}. ` +
        'Put @Inject(Token) before the others, or give them defaults.',
    );
  }
}
