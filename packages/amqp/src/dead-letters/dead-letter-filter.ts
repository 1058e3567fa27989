import { BadQueryError } from '../errors.js';
import type { DeadLetter } from './dead-letter.js';

/**
 * Which dead letters are meant: those for which all of it holds; `{}` means all of them. Where a list is given, one of its
 * items has to be equal.
 *
 * @example
 * ```ts
 * const outage: DeadLetterFilter = { errorCode: ['ECONNREFUSED', 'ETIMEDOUT'], newerThan: 3_600_000 };
 * ```
 */
export interface DeadLetterFilter {
  /** {@link DeadLetter.id}: the id of the call that failed last. */
  readonly id?: string | readonly string[];
  readonly messageId?: string | readonly string[];
  /** `rejected`, `failed`, `crashed`, `timed-out`, or a reason of the broker's. */
  readonly reason?: string | readonly string[];
  readonly errorName?: string | readonly string[];
  readonly errorCode?: string | readonly string[];
  readonly stackHash?: string | readonly string[];
  /** Milliseconds since its last failure, at least. */
  readonly olderThan?: number;
  /** Milliseconds since its last failure, at most. */
  readonly newerThan?: number;
  /** Headers of its sender's, each with the value it has to have. */
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
}

type Test = (letter: DeadLetter) => boolean;

/** The criteria that are compared as they are. */
const texts: Readonly<Record<string, (letter: DeadLetter) => string | undefined>> = {
  id: ({ id }) => id,
  messageId: ({ messageId }) => messageId,
  reason: ({ reason }) => reason,
  errorName: ({ error }) => error?.name,
  errorCode: ({ error }) => error?.code,
  stackHash: ({ error }) => error?.stackHash,
};

/**
 * Makes the test of a filter. Throws a `BadQueryError` for what is no filter: a criterion that is unknown, or
 * `undefined`, must not mean all of them.
 */
export function matcherOf(filter: DeadLetterFilter, now: number): Test {
  if (typeof filter !== 'object' || filter === null)
    throw new BadQueryError('no filter was given: write {} for all dead letters');
  const tests = Object.entries(filter).map(([criterion, wanted]) => testOf(criterion, wanted, now));
  return (letter) => tests.every((test) => test(letter));
}

function testOf(criterion: string, wanted: unknown, now: number): Test {
  const read = Object.hasOwn(texts, criterion) ? texts[criterion] : undefined;
  if (read) return textTest(criterion, wanted, read);
  switch (criterion) {
    case 'olderThan':
    case 'newerThan': {
      const bound = now - milliseconds(criterion, wanted);
      const isOlder = criterion === 'olderThan';
      // Without a time of its own it is neither.
      return ({ lastFailure = Number.NaN }) => (isOlder ? lastFailure <= bound : lastFailure >= bound);
    }
    case 'headers':
      return headersTest(wanted);
    default:
      throw new BadQueryError(`dead letters cannot be filtered by '${criterion}': ${known}`);
  }
}

function textTest(
  criterion: string,
  wanted: unknown,
  read: (letter: DeadLetter) => string | undefined,
): Test {
  const values: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  if (values.length === 0 || values.some((value) => typeof value !== 'string'))
    throw new BadQueryError(
      `${criterion} of the filter is ${shown(wanted)}: write a text, or a list of them`,
    );
  return (letter) => {
    const value = read(letter);
    return value !== undefined && values.includes(value);
  };
}

function headersTest(wanted: unknown): Test {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted))
    throw new BadQueryError(`headers of the filter is ${shown(wanted)}: write { name: value }`);
  const pairs = Object.entries(wanted);
  const wrong = pairs.find(([, value]) => !['string', 'number', 'boolean'].includes(typeof value));
  if (wrong) {
    const [name, value] = wrong;
    throw new BadQueryError(
      `header ${name} of the filter is ${shown(value)}: write a text, a number, true or false`,
    );
  }
  return ({ headers }) =>
    pairs.every(([name, value]) => Object.hasOwn(headers, name) && headers[name] === value);
}

function milliseconds(criterion: string, wanted: unknown): number {
  if (typeof wanted === 'number' && Number.isFinite(wanted) && wanted >= 0) return wanted;
  throw new BadQueryError(`${criterion} of the filter is ${shown(wanted)}: write milliseconds`);
}

const known = `use ${[...Object.keys(texts), 'olderThan', 'newerThan', 'headers'].join(', ')}`;

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
