import { inspect } from 'node:util';
import type { BackOff, IntervalSchedule } from '../../run/retry-policy.js';
import { fraction, list, longestTimer, number, oneOf, shown, unknownNames } from './checks.js';

/** What is wrong with a `backOff`, a sentence each. */
export function backOffFaults(backOff: BackOff): string[] {
  if (typeof backOff !== 'object') {
    return [`backOff is ${shown(backOff)}: give an object such as { maxRetries: 5, interval: 10_000 }.`];
  }
  const { maxRetries, interval, exceptions } = backOff;
  return [
    ...unknownNames(backOff, ['maxRetries', 'interval', 'exceptions']),
    ...(maxRetries === Number.POSITIVE_INFINITY ? [] : number('maxRetries', maxRetries, { min: 0 })),
    ...(typeof interval === 'number' ? number('interval', interval, { min: 0, max: longestTimer }) : []),
    ...(typeof interval === 'object' && interval !== null ? intervalFaults(interval) : []),
    ...(isInterval(interval) ? [] : [`interval is ${inspect(interval)}: ${intervalMend}`]),
    ...list('exceptions', exceptions ?? [], (value) =>
      typeof value === 'function' ? '' : 'give a class of errors.',
    ),
  ].map((fault) => `backOff: ${fault}`);
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
