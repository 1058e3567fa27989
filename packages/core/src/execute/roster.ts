/**
 * What is open at the moment, each at a place that it gives back. Not a `Map`: one whose entries come and go all the time
 * is rebuilt over and over, and V8 links each discarded table to the next. Once one of them has grown old, the
 * collector of young objects takes all the later ones for alive, and with them every call they ever held.
 */
export class Roster<T> {
  readonly #places: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** How many are open. */
  get size(): number {
    return this.#places.length - this.#free.length;
  }

  /** Takes an item in and tells its place. */
  add(item: T): number {
    const place = this.#free.pop() ?? this.#places.length;
    this.#places[place] = item;
    return place;
  }

  /** Frees a place, which must be taken. */
  remove(place: number): void {
    this.#places[place] = undefined;
    this.#free.push(place);
  }

  /** The first that fits. */
  find(fits: (item: T) => boolean): T | undefined {
    return this.#places.find((item) => item !== undefined && fits(item));
  }

  /** All that are open, in no order. */
  items(): T[] {
    return this.#places.filter((item) => item !== undefined) as T[];
  }
}
