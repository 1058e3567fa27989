import { AmqpError } from '../../amqp-error.js';
import type { Entry } from '../queue/entry.js';

/** What a channel was delivered and has not settled, by delivery tag; tags only grow. */
export class Unsettled {
  readonly #entries = new Map<number, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  get all(): Iterable<Entry> {
    return this.#entries.values();
  }

  add(tag: number, entry: Entry): void {
    this.#entries.set(tag, entry);
  }

  /** The entry of one tag, or nothing where there is none. */
  takeOne(tag: number): Entry | undefined {
    const entry = this.#entries.get(tag);
    if (entry) this.#entries.delete(tag);
    return entry;
  }

  /** What a client settles: one, or with `multiple` all up to one, where 0 stands for all there are. */
  take(tag: number, multiple: boolean): readonly Entry[] {
    if (multiple && tag === 0) return this.takeAll();
    const last = this.#entries.get(tag);
    if (last === undefined) throw new AmqpError('PRECONDITION_FAILED', `unknown delivery tag ${tag}`);
    if (multiple) return this.#takeUpTo(tag);
    this.#entries.delete(tag);
    return [last];
  }

  takeAll(): readonly Entry[] {
    return this.#takeUpTo(0);
  }

  #takeUpTo(tag: number): Entry[] {
    const taken: Entry[] = [];
    for (const [other, entry] of this.#entries) {
      if (tag !== 0 && other > tag) break;
      taken.push(entry);
      this.#entries.delete(other);
    }
    return taken;
  }
}
