import { BadQueryError } from '../errors.js';
import type { DeadLetterFilter } from './dead-letter-filter.js';
import type { DeadLetterListOptions, DiscardOptions, ReplayOptions } from './dead-letters.js';

/** What a worker asks the main side: plain data. */
export type DeadLetterQuery =
  | { readonly kind: 'count'; readonly queue: string }
  | { readonly kind: 'list'; readonly queue: string; readonly options: DeadLetterListOptions }
  | { readonly kind: 'inspect'; readonly queue: string; readonly id: string }
  | {
      readonly kind: 'replay';
      readonly queue: string;
      readonly filter: DeadLetterFilter;
      readonly options: ReplayOptions;
    }
  | {
      readonly kind: 'discard';
      readonly queue: string;
      readonly filter: DeadLetterFilter;
      readonly options: DiscardOptions;
    };

/** Throws a `BadQueryError` for numbers that make no sense, and for options that do not exist. */
export function checkOptions(options: object, allowed: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (!allowed.includes(name))
      throw new BadQueryError(`the option ${name} does not exist: use ${allowed.join(', ')}`);
    if (name === 'limit' || name === 'skip') checkWhole(name, value, name === 'limit' ? 1 : 0);
    if (name === 'rate' && value !== undefined && !(typeof value === 'number' && value > 0))
      throw new BadQueryError(`rate is ${value}: write how many a second, above 0`);
  }
}

function checkWhole(name: string, value: unknown, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= least)) return;
  throw new BadQueryError(`${name} is ${value}: write a whole number from ${least} on`);
}
