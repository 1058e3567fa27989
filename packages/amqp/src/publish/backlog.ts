import { Chain, type Linked } from '../chain.js';
import { overflow } from './publish-errors.js';
import type { Publication, PublisherLimits } from './publisher.js';
import { weightOf } from './weight.js';

/** A message that waits for its confirm. */
export interface Pending extends Linked<Pending> {
  publication: Publication;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** When its time is up, on the monotonic clock. */
  readonly deadline: number;
  /** Why the broker sent a mandatory message back, if it did. It confirms such a message all the same. */
  returned: string | undefined;
  /** The chain of the backlog that it stands in; none once it has ended. */
  chain: Chain<Pending> | undefined;
}

/**
 * What waits for its confirm, in the order of publishing: first what was sent on the present channel, then what was not.
 *
 * After a channel was closed for a fault, all that was on it is suspect, and goes out again before all else: in groups
 * of the square root of their number, one after the other; those of a group that costs the channel again one by one, until
 * the bad one has shown itself. That costs two channels more, and among ten thousand three hundred confirms to wait for.
 */
export class Backlog {
  readonly #limits: PublisherLimits;
  readonly #expired: (late: Pending) => void;
  readonly #sent = new Chain<Pending>();
  /** Those of a group in which the bad one is. */
  readonly #close = new Chain<Pending>();
  /** Those among which it is. */
  readonly #suspects = new Chain<Pending>();
  readonly #unsent = new Chain<Pending>();
  readonly #chains = [this.#sent, this.#close, this.#suspects, this.#unsent];
  /** What is under way is suspect. */
  #isTrying = false;
  /** How many more of the group may be sent. */
  #left = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: PublisherLimits, expired: (late: Pending) => void) {
    this.#limits = limits;
    this.#expired = expired;
  }

  get size(): number {
    return this.#sent.size + this.#close.size + this.#suspects.size + this.#unsent.size;
  }

  /** Of bodies and headers. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a message, or throws a `PublishOverflowError` or an `UnsendableError`. */
  add(publication: Publication, resolve: () => void, reject: (error: Error) => void): void {
    const { timeout, messages, bytes: mostBytes } = this.#limits;
    const bytes = weightOf(publication);
    // One that is larger than all room together goes alone.
    if (this.size >= messages || (this.size > 0 && this.#bytes + bytes > mostBytes)) {
      throw overflow(publication, this, mostBytes);
    }
    const deadline = performance.now() + timeout;
    this.#unsent.append({
      publication,
      bytes,
      resolve,
      reject,
      deadline,
      returned: undefined,
      chain: this.#unsent,
      before: undefined,
      after: undefined,
    });
    this.#bytes += bytes;
    this.#timer ??= setTimeout(() => this.#sweep(), timeout).unref();
  }

  /** True where half of all room would still be free with the message, or all of it is now. */
  isHalfEmpty({ body }: Publication): boolean {
    const { messages, bytes } = this.#limits;
    return this.size === 0 || (this.size < messages / 2 && this.#bytes + body.byteLength <= bytes / 2);
  }

  /** The next that may be sent now; it counts as sent. */
  next(): Pending | undefined {
    if (this.#isTrying && this.#left === 0) {
      if (this.#sent.size > 0) return undefined;
      this.#isTrying = this.#beginGroup();
    }
    const next = this.#close.first ?? this.#suspects.first ?? this.#unsent.first;
    if (this.#isTrying) this.#left -= 1;
    if (next) this.#move(next, this.#sent);
    return next;
  }

  /** What is under way on the present channel. */
  sent(): Iterable<Pending> {
    return this.#sent;
  }

  /** What waits for its turn. */
  *unsent(): Iterable<Pending> {
    yield* this.#close;
    yield* this.#suspects;
    yield* this.#unsent;
  }

  /** True for what is under way on the present channel. */
  isSent(pending: Pending): boolean {
    return pending.chain === this.#sent;
  }

  /** Forgets a message that has ended; false where it had been forgotten. */
  remove(pending: Pending): boolean {
    if (!pending.chain) return false;
    pending.chain.remove(pending);
    pending.chain = undefined;
    this.#bytes -= pending.bytes;
    return true;
  }

  /**
   * The channel is gone: what was sent is to be sent again, before all else. With `faulty` one of these messages is to
   * blame: the one that is returned, where it was alone.
   */
  rewind(faulty: boolean): Pending | undefined {
    const again = [...this.#sent];
    for (const pending of again) pending.returned = undefined;
    this.#putBack(again, this.#placeOf(faulty));
    this.#isTrying = this.#close.size + this.#suspects.size > 0;
    this.#left = 0;
    return faulty && again.length === 1 ? again[0] : undefined;
  }

  /** Forgets all, and returns it. */
  clear(): readonly Pending[] {
    const all = [...this.#sent, ...this.unsent()];
    for (const pending of all) this.remove(pending);
    clearTimeout(this.#timer);
    return all;
  }

  // All wait equally long, so the first in each chain is its oldest.
  #sweep(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const chain of this.#chains) {
      const late = [...upTo(now, chain)];
      for (const pending of late) this.#expired(pending);
    }
    const next = Math.min(...this.#chains.map(({ first }) => first?.deadline ?? Infinity));
    if (next < Infinity) this.#timer ??= setTimeout(() => this.#sweep(), Math.max(1, next - now)).unref();
  }

  /** False where nothing is suspect any more. */
  #beginGroup(): boolean {
    if (this.#close.size > 0) this.#left = 1;
    else this.#left = Math.ceil(Math.sqrt(this.#suspects.size));
    return this.#left > 0;
  }

  /** Where what was under way belongs, now that its channel is gone. */
  #placeOf(faulty: boolean): Chain<Pending> {
    if (!this.#isTrying) return faulty ? this.#suspects : this.#unsent;
    return faulty || this.#close.size > 0 ? this.#close : this.#suspects;
  }

  /** What was sent goes before what was not. */
  #putBack(pendings: readonly Pending[], to: Chain<Pending>): void {
    const later = [...to];
    for (const pending of [...pendings, ...later]) this.#move(pending, to);
  }

  #move(pending: Pending, to: Chain<Pending>): void {
    pending.chain?.remove(pending);
    pending.chain = to;
    to.append(pending);
  }
}

function* upTo(now: number, chain: Chain<Pending>): Generator<Pending> {
  for (const pending of chain) {
    if (pending.deadline > now) return;
    yield pending;
  }
}
