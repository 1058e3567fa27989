import { inspect } from 'node:util';
import { nearest } from '../../config/nearest.js';
import { circular } from '../fault.js';

// What can be wrong with one option, a sentence each. They take what a program without types may give, too.

/** Milliseconds that a timer of Node can wait at most. */
export const longestTimer = 2 ** 31 - 1;

/** A whole number within bounds; nothing is fine as well. */
export function number(
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

/** Any number within bounds. */
export function fraction(name: string, value: number | undefined, min: number, max: number): string[] {
  if (value === undefined || (typeof value === 'number' && value >= min && value <= max)) return [];
  const bounds = max === Number.POSITIVE_INFINITY ? `${min} on` : `${min} to ${max}`;
  return [`${name} is ${inspect(value)}: give a number from ${bounds}.`];
}

/** One of a few words. */
export function oneOf(name: string, value: string | undefined, allowed: readonly string[]): string[] {
  if (value === undefined || allowed.includes(value)) return [];
  const close = nearest(String(value), allowed);
  return [
    `${name} is ${inspect(value)}: give one of ${allowed.join(', ')}${close ? `; did you mean ${close}?` : '.'}`,
  ];
}

/** A list, of whose values `problemOf` tells what is wrong. */
export function list(
  name: string,
  values: unknown,
  problemOf: (value: unknown) => string = () => '',
): string[] {
  if (values === undefined) return [];
  if (!Array.isArray(values)) return [`${name} is ${shown(values)}: give a list, [...].`];
  return values.flatMap((value: unknown, index) => {
    const problem = value === undefined ? circular : problemOf(value);
    return problem ? [`${name}[${index}] is ${shown(value)}: ${problem}`] : [];
  });
}

/** What can be read of an option that should be a list; `list` tells where it is none. */
export function listed<T>(values: readonly T[] | undefined): readonly T[] {
  return Array.isArray(values) ? values : [];
}

/** Names that an object does not have. */
export function unknownNames(options: object, known: readonly string[]): string[] {
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const close = nearest(name, known);
      return `${name} is unknown${close ? `: did you mean ${close}?` : `. Known are ${known.join(', ')}.`}`;
    });
}

/** A value in a message, without what is inside of it. */
export function shown(value: unknown): string {
  return inspect(value, { depth: 0 });
}
