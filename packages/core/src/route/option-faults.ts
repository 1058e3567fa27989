import { inspect } from 'node:util';
import { nearest } from '../config/nearest.js';
import type { FunctionRouteOptions } from '../declare/function-route.js';
import type { ModuleOptions, WorkersOptions } from '../declare/module.js';
import type { Class } from '../declare/token.js';
import type { EntrypointMark, RouteOptions } from '../extend/entrypoint.js';
import { isClassWith } from '../extend/interceptor.js';
import type { BackOff, IntervalSchedule } from '../run/retry-policy.js';
import { circular, isClass } from './fault.js';

const longestTimer = 2 ** 31 - 1;

/** What is wrong with the options that every entrypoint takes, a sentence each. */
export function optionFaults(options: RouteOptions): string[] {
  const { backOff, taskTimeout, interceptors = [], translators = [] } = options;
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

/** Options of `route()` that it does not have, a sentence each. */
export function functionOptionFaults(options: FunctionRouteOptions): string[] {
  return unknownNames(options, [...Object.keys(routeNames), 'inject', 'name']);
}

/** Options of a module that it does not have, a sentence each. */
export function moduleOptionFaults(options: ModuleOptions): string[] {
  return unknownNames(options, Object.keys(moduleNames));
}

// Objects, not lists: the compiler tells a name that is missing here.
const routeNames: Record<keyof RouteOptions, true> = {
  backOff: true,
  onFailure: true,
  interceptors: true,
  translators: true,
  taskTimeout: true,
};

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

/** What is wrong with a module's `workers`, a sentence each. */
export function workersFaults(workers: WorkersOptions | undefined): string[] {
  if (!workers) return [];
  const { mode, max, tasksPerWorker, maxTasksPerChild, taskTimeout } = workers;
  const modes = ['inline', 'thread', 'greedy_thread', 'process', 'greedy_process'];
  return [
    ...unknownNames(workers, [...workerNames]),
    ...oneOf('mode', mode, modes),
    ...number('max', max, { min: 1, max: 1024 }),
    ...number('tasksPerWorker', tasksPerWorker, { min: 1, max: 10_000 }),
    ...(maxTasksPerChild === Number.POSITIVE_INFINITY
      ? []
      : number('maxTasksPerChild', maxTasksPerChild, { min: 1 })),
    ...number('taskTimeout', taskTimeout, { min: 1, max: longestTimer }),
  ];
}

const workerNames = [
  'mode',
  'max',
  'tasksPerWorker',
  'maxTasksPerChild',
  'taskTimeout',
  'resourceLimits',
  'env',
] as const satisfies (keyof WorkersOptions)[];

function backOffFaults(backOff: BackOff): string[] {
  const { maxRetries, interval, exceptions } = backOff;
  const within = (fault: string): string => `backOff: ${fault}`;
  return [
    ...unknownNames(backOff, ['maxRetries', 'interval', 'exceptions']),
    ...(maxRetries === Number.POSITIVE_INFINITY ? [] : number('maxRetries', maxRetries, { min: 0 })),
    ...(typeof interval === 'number' ? number('interval', interval, { min: 0, max: longestTimer }) : []),
    ...(typeof interval === 'object' && interval !== null ? intervalFaults(interval) : []),
    ...(isInterval(interval) ? [] : [`interval is ${inspect(interval)}: ${intervalMend}`]),
    ...list('exceptions', exceptions ?? [], (value) =>
      typeof value === 'function' ? '' : 'give a class of errors.',
    ),
  ].map(within);
}

const intervalMend =
  "give milliseconds, a schedule such as { type: 'linear', initial: 1_000 }, or a function.";

function isInterval(interval: unknown): boolean {
  return interval !== null && ['undefined', 'number', 'object', 'function'].includes(typeof interval);
}

function intervalFaults(interval: IntervalSchedule): string[] {
  const { type, initial, factor, max, jitter } = interval;
  return [
    ...unknownNames(interval, ['type', 'initial', 'factor', 'max', 'jitter']),
    ...oneOf('type', type ?? 'undefined', ['constant', 'linear', 'exponential']),
    ...fraction('initial', initial ?? Number.NaN, 0, longestTimer),
    ...fraction('factor', factor, 1, longestTimer),
    ...fraction('max', max, 0, Number.POSITIVE_INFINITY),
    ...fraction('jitter', jitter, 0, 1),
  ].map((fault) => `interval: ${fault}`);
}

function number(
  name: string,
  value: number | undefined,
  { min, max }: { min: number; max?: number },
): string[] {
  if (value === undefined) return [];
  if (Number.isInteger(value) && value >= min && value <= (max ?? value)) return [];
  return [
    `${name} is ${inspect(value)}: give a whole number from ${min}${max === undefined ? ' on' : ` to ${max}`}.`,
  ];
}

function fraction(name: string, value: number | undefined, min: number, max: number): string[] {
  if (value === undefined || (typeof value === 'number' && value >= min && value <= max)) return [];
  return [`${name} is ${inspect(value)}: give a number from ${min} to ${max}.`];
}

function oneOf(name: string, value: string | undefined, allowed: readonly string[]): string[] {
  if (value === undefined || allowed.includes(value)) return [];
  const close = nearest(String(value), allowed);
  return [
    `${name} is ${inspect(value)}: give one of ${allowed.join(', ')}${close ? `; did you mean ${close}?` : '.'}`,
  ];
}

function around(name: string, values: readonly unknown[], method: string): string[] {
  return list(name, values, (value) => {
    if (typeof value !== 'function') return `give a function, or a class with a method ${method}.`;
    return isClass(value) && !isClassWith(method, value as Class) ? `it has no method ${method}.` : '';
  });
}

function list(name: string, values: readonly unknown[], problemOf: (value: unknown) => string): string[] {
  return values.flatMap((value, index) => {
    const problem = value === undefined ? circular : problemOf(value);
    return problem ? [`${name}[${index}] is ${inspect(value, { depth: 0 })}: ${problem}`] : [];
  });
}

function unknownNames(options: object, known: readonly string[]): string[] {
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const close = nearest(name, known);
      return `${name} is unknown${close ? `: did you mean ${close}?` : `. Known are ${known.join(', ')}.`}`;
    });
}
