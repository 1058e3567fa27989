import type { GetMessage } from '../connection/connection.js';
import { type DeadLetter, readDeadLetter } from './dead-letter.js';
import type { DeadLetterReport, DiscardOptions } from './dead-letters.js';
import type { HeldLetter, HeldLetters } from './held-letters.js';
import { Pace } from './pace.js';

/** What is to be done with the letters that fit. */
export interface Work {
  readonly queue: string;
  readonly matches: (letter: DeadLetter) => boolean;
  readonly options: DiscardOptions;
  /** Makes the letter superfluous: it leaves the queue when this resolves, and stays when it rejects. */
  carryOut(message: GetMessage, letter: DeadLetter): Promise<void>;
}

/** Copies that may wait for the broker's confirm at the same time. */
const mostUnderWay = 32;

/** RabbitMQ takes back what is held for more than 30 minutes, and closes the channel. */
const longestHold = 20 * 60_000;

const mostFailures = 20;

/** Goes through a queue's letters, those that have been there longest first. */
export async function workThrough(held: HeldLetters, work: Work): Promise<DeadLetterReport> {
  const { dryRun = false, limit = Number.POSITIVE_INFINITY, rate } = work.options;
  const until = performance.now() + longestHold;
  const pace = new Pace(dryRun ? undefined : rate);
  const tally = new Tally(dryRun);
  const underWay = new Set<Promise<void>>();
  for (;;) {
    if (tally.begun === limit) tally.end = 'limit';
    else if (performance.now() > until) tally.end = 'time';
    const next = tally.end === 'all' ? await held.next() : undefined;
    if (!next) break;
    tally.looked += 1;
    const letter = readDeadLetter(next.message, work.queue);
    if (!work.matches(letter)) continue;
    tally.begun += 1;
    if (dryRun) continue;
    await pace.turn();
    if (underWay.size === mostUnderWay) await Promise.race(underWay);
    const one = settle(next, letter, work, tally).finally(() => underWay.delete(one));
    underWay.add(one);
  }
  await Promise.all(underWay);
  return tally.report();
}

async function settle(held: HeldLetter, letter: DeadLetter, work: Work, tally: Tally): Promise<void> {
  try {
    await work.carryOut(held.message, letter);
    held.settle();
  } catch (error) {
    tally.fail(letter.id, error);
  }
}

class Tally {
  looked = 0;
  /** Letters that fit. */
  begun = 0;
  end: DeadLetterReport['end'] = 'all';
  readonly #dryRun: boolean;
  readonly #failures: { id: string; error: string }[] = [];
  #failed = 0;

  constructor(dryRun: boolean) {
    this.#dryRun = dryRun;
  }

  fail(id: string, error: unknown): void {
    this.#failed += 1;
    const message = error instanceof Error ? error.message : String(error);
    if (this.#failures.length < mostFailures) this.#failures.push({ id, error: message });
  }

  report(): DeadLetterReport {
    return {
      dryRun: this.#dryRun,
      looked: this.looked,
      done: this.begun - this.#failed,
      failed: this.#failed,
      failures: this.#failures,
      end: this.end,
    };
  }
}
