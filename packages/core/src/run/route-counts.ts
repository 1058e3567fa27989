import type { Outcome } from './outcome.js';

/** How a route's calls ended since the start. Attempts are counted, so a message retried twice counts three times. */
export class RouteCounts {
  succeeded = 0;
  filtered = 0;
  failed = 0;
  crashed = 0;
  timedOut = 0;
  rejected = 0;
  refused = 0;
  /** Of the failures above: those that are tried again. */
  retried = 0;
  /** Of the failures above: those that ended for good. */
  deadLettered = 0;

  /** @internal */
  note({ kind }: Outcome): void {
    if (kind === 'timed-out') this.timedOut += 1;
    else this[kind] += 1;
  }
}
