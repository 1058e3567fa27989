import type { Entry } from './entry.js';
import type { QueuePolicy } from './queue-arguments.js';
import { ReadyList } from './ready-list.js';

/** Everything in a queue that waits for a consumer, in the order it will leave. */
export class Waiting {
  // Highest priority first. A quorum queue has one more list in front: what was returned goes out before the rest.
  readonly #lists: ReadyList[];
  readonly #priorities: number;
  readonly #returnedFirst: boolean;
  length = 0;
  /** Bytes of the bodies. */
  bytes = 0;

  constructor(policy: Pick<QueuePolicy, 'maxPriority' | 'quorum'>) {
    this.#priorities = policy.maxPriority;
    this.#returnedFirst = policy.quorum;
    const lists = policy.maxPriority + 1 + (policy.quorum ? 1 : 0);
    this.#lists = Array.from({ length: lists }, () => new ReadyList());
  }

  first(): Entry | undefined {
    return this.#front()?.first();
  }

  shift(): Entry | undefined {
    const entry = this.#front()?.shift();
    if (entry) this.#count(entry, -1);
    return entry;
  }

  add(entry: Entry): void {
    this.#listOf(entry).push(entry);
    this.#count(entry, 1);
  }

  /** Gives an entry its old place back; in a quorum queue, the next place among the returned. */
  restore(entry: Entry): void {
    if (this.#returnedFirst) (this.#lists[0] as ReadyList).push(entry);
    else this.#listOf(entry).insert(entry);
    this.#count(entry, 1);
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (const list of this.#lists) yield* list;
  }

  #front(): ReadyList | undefined {
    if (this.length === 0) return undefined;
    if (this.#lists.length === 1) return this.#lists[0];
    return this.#lists.find((list) => list.length > 0);
  }

  #listOf(entry: Entry): ReadyList {
    const fromTop = this.#priorities - Math.min(entry.message.priority, this.#priorities);
    return this.#lists[fromTop + (this.#returnedFirst ? 1 : 0)] as ReadyList;
  }

  #count(entry: Entry, by: 1 | -1): void {
    this.length += by;
    this.bytes += by * entry.message.bodySize;
  }
}
