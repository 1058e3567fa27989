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
 * After a channel was closed for a fault, all that was on it is suspect: it goes out again one at a time, until the bad
 * one has shown itself.
 */
export class Backlog {
  readonly #limits: PublisherLimits;
  readonly #expired: (late: Pending) => void;
  readonly #sent = new Chain<Pending>();
  readonly #unsent = new Chain<Pending>();
  #suspects = new Set<Pending>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: PublisherLimits, expired: (late: Pending) => void) {
    this.#limits = limits;
    this.#expired = expired;
  }

  get size(): number {
    return this.#sent.size + this.#unsent.size;
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
      throw overflow(publication, this.size, this.#bytes);
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
    if (this.#suspects.size > 0 && this.#sent.size > 0) return undefined;
    const next = this.#suspects.size > 0 ? [...this.#suspects][0] : this.#unsent.first;
    if (next) this.#move(next, this.#sent);
    return next;
  }

  /** What is under way on the present channel. */
  sent(): Iterable<Pending> {
    return this.#sent;
  }

  /** What waits for its turn. */
  unsent(): Iterable<Pending> {
    return this.#unsent;
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
    if (this.#suspects.size > 0) this.#suspects.delete(pending);
    this.#bytes -= pending.bytes;
    return true;
  }

  /**
   * The channel is gone: what was sent is to be sent again, before all else. With `faulty` one of these messages is to
   * blame: the one that is returned, where it was alone.
   */
  rewind(faulty: boolean): Pending | undefined {
    const again = [...this.#sent];
    const later = [...this.#unsent];
    for (const pending of again) {
      pending.returned = undefined;
      this.#move(pending, this.#unsent);
    }
    for (const pending of later) this.#move(pending, this.#unsent);
    if (!faulty) return undefined;
    if (again.length === 1) return again[0];
    this.#suspects = new Set([...again, ...this.#suspects]);
    return undefined;
  }

  /** Forgets all, and returns it. */
  clear(): readonly Pending[] {
    const all = [...this.#sent, ...this.#unsent];
    for (const pending of all) this.remove(pending);
    clearTimeout(this.#timer);
    return all;
  }

  // All wait equally long, so the first in either set is its oldest.
  #sweep(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const chain of [this.#sent, this.#unsent]) {
      const late = [...upTo(now, chain)];
      for (const pending of late) this.#expired(pending);
    }
    const next = Math.min(...[this.#sent, this.#unsent].map(({ first }) => first?.deadline ?? Infinity));
    if (next < Infinity) this.#timer ??= setTimeout(() => this.#sweep(), Math.max(1, next - now)).unref();
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
