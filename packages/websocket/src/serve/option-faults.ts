import type { Server } from 'node:http';
import { defaultLimits, type WebSocketOptions } from './options.js';

/** What to do about a value that cannot be; undefined for one that can. */
type Mend = (value: unknown) => string | undefined;

const wantFunction: Mend = (value) => (typeof value === 'function' ? undefined : 'give a function');
const wantBoolean: Mend = (value) => (typeof value === 'boolean' ? undefined : 'give true or false');
const wantObject: Mend = (value) => (isRecord(value) ? undefined : 'give an object');

const mends: Readonly<Record<keyof WebSocketOptions, Mend>> = {
  authenticate: wantFunction,
  authorize: wantFunction,
  origins: (value) =>
    Array.isArray(value) && value.every((origin) => typeof origin === 'string' || origin instanceof RegExp)
      ? undefined
      : "give a list of origins, such as ['https://app.example.com']",
  tls: wantObject,
  server: (value) =>
    typeof (value as Server | null)?.on === 'function'
      ? undefined
      : 'give a server of node:http or node:https',
  path: (value) =>
    typeof value === 'string' && value.startsWith('/') ? undefined : "give a path, such as '/rpc'",
  stacks: wantBoolean,
  compression: wantBoolean,
  limits: wantObject,
  onListening: wantFunction,
};

/** What is wrong with the option `webSocket`, a sentence each. */
export function optionFaults(options: unknown): string[] {
  if (!isRecord(options)) return ['give an object, such as { authenticate, limits: { maxInFlight: 50 } }'];
  return [
    ...faultsOf(options, mends, 'option'),
    ...(isRecord(options.limits) ? limitFaults(options.limits) : []),
    ...(options.server !== undefined && options.tls !== undefined
      ? ['tls: it is for a server of our own; give it to yours where you make it']
      : []),
  ];
}

function limitFaults(limits: Readonly<Record<string, unknown>>): string[] {
  const wantWhole: Mend = (value) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 2 ** 31 - 1
      ? undefined
      : 'give a whole number from 1 on';
  const known = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, wantWhole]));
  return faultsOf(limits, known, 'limit').map((fault) => `limits.${fault}`);
}

function faultsOf(
  given: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, Mend>>,
  noun: string,
): string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const mend = Object.hasOwn(known, name)
      ? known[name]?.(value)
      : `there is no such ${noun}; there are ${Object.keys(known).join(', ')}`;
    return mend === undefined ? [] : [`${name}: ${mend}`];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
