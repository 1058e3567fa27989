import type { BatchOptions } from './options/listener-options.js';

/** Gathers items into batches: a batch is full with `size` of them, and leaves `maxWait` ms after its first at the latest. */
export class Batcher<Item> {
  readonly #options: Required<BatchOptions>;
  readonly #leave: (items: readonly Item[]) => void;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Required<BatchOptions>, leave: (items: readonly Item[]) => void) {
    this.#options = options;
    this.#leave = leave;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length >= this.#options.size) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#options.maxWait);
  }

  /** Lets go of what is gathered, full or not. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#items;
    this.#items = [];
    if (items.length > 0) this.#leave(items);
  }
}
