/** What can stand in a chain; in one at a time. */
export interface Linked<T> {
  /** The one that came before it, and the one after; none where it stands in no chain. */
  before: T | undefined;
  after: T | undefined;
}

/**
 * Items in the order they came, of which any may leave at any time, at the same small cost. Not an array, in which one
 * that stays makes the later ones wait; and not a `Set`: one whose items come and go all the time is rebuilt over and
 * over, and what V8 keeps of the old ones keeps the young items from being collected.
 */
export class Chain<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that has been in it longest. */
  get first(): T | undefined {
    return this.#first;
  }

  /** Takes an item in, as the last; it must stand in no chain. */
  append(item: T): void {
    item.before = this.#last;
    if (this.#last) this.#last.after = item;
    else this.#first = item;
    this.#last = item;
    this.#size += 1;
  }

  /** Lets an item go; it must stand in this chain. */
  remove(item: T): void {
    const { before, after } = item;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    // One that has grown old would keep the young ones after it from being collected.
    item.before = undefined;
    item.after = undefined;
    this.#size -= 1;
  }

  /** The items from the first to the last. None may leave while they are looked at. */
  *[Symbol.iterator](): Iterator<T> {
    for (let item = this.#first; item; item = item.after) yield item;
  }
}
