import type { Claim } from './claim.js';

// What makes a tick happen once is the order of a queue, and no clock:
//
// The broker delivers an election's queue to one instance only, the leader. The leader has a moment when its own claim
// for it comes back to it: so it was the leader when the broker sent it, and has read every claim before its own. If none
// of those is for that moment or a later one, nobody has had it. Nobody else will: the claim stays in the queue, unacked,
// until a later one is there. When the leader is gone the broker gives it to the next one, before all that follows.
//
// So an instance that was cut off, frozen or otherwise forgotten may believe to lead for as long as it likes: its claims
// are read by the leader, or not at all.
//
// A claim counts whatever this instance's clock says: of a claim that seems to be of the future nobody can tell whether its
// sender's clock is fast or the reader's slow, and in the second case its moment, and those before it, have been run.

/** Milliseconds that clocks of two machines may differ before it is told. */
export const toleratedSkew = 60_000;

/** What follows from a delivery. */
export interface Reading<Delivery> {
  /** It claims a moment that nobody had before. */
  readonly isFirst: boolean;
  /** Can be acknowledged: what it says is also in the one that is kept. */
  readonly settled: readonly Delivery[];
  /** It is the first for a moment so far ahead that a clock must be wrong: nothing can be granted until then. */
  readonly isAhead: boolean;
}

/** The claims of an election as one instance reads them while it leads. Keeps one delivery, that of the latest moment. */
export class ClaimLog<Delivery> {
  #latest = 0;
  #kept: { readonly delivery: Delivery; readonly moment: number } | undefined;

  /** The latest moment that anybody has claimed, as far as this instance knows. */
  get latest(): number {
    return this.#latest;
  }

  /** The next claim of the queue, and its delivery. */
  read({ kind, moment }: Pick<Claim, 'kind' | 'moment'>, delivery: Delivery, now: number): Reading<Delivery> {
    const isNew = moment > this.#latest;
    const isFirst = kind === 'claim' && isNew;
    const isAhead = isNew && isFarAhead(moment, now);
    if (isNew) this.#latest = moment;
    const before = this.#kept;
    // A claim that came too late for its moment is never kept in place of the one that was granted it: its sender, if it
    // became the leader, would find it and no other.
    const replaces = !before || moment > before.moment || (kind === 'call' && moment === before.moment);
    if (!replaces) return { isFirst, isAhead, settled: [delivery] };
    this.#kept = { delivery, moment };
    return { isFirst, isAhead, settled: before ? [before.delivery] : [] };
  }

  /**
   * The channel has gone, and the broker has taken back what was kept. A moment far ahead is known from the queue alone, where
   * it is read again: so whoever has set the clocks right can delete the queue, and no instance brings it back.
   */
  forgetDeliveries(now: number): void {
    this.#kept = undefined;
    if (isFarAhead(this.#latest, now)) this.#latest = 0;
  }
}

function isFarAhead(moment: number, now: number): boolean {
  return moment > now + toleratedSkew;
}
