import type { Consumer } from '../channel/consumer.js';

/**
 * Whose turn it is among a queue's consumers: the highest priority first, round robin among equals. Who lacks credit
 * is set aside and joins the end of its group when it has some again, so no turn looks at idle consumers.
 */
export class Turns {
  readonly #all: Consumer[] = [];
  readonly #able: Consumer[] = [];
  readonly #oneActive: boolean;
  #active: Consumer | undefined;
  #exclusive: Consumer | undefined;

  constructor(singleActiveConsumer: boolean) {
    this.#oneActive = singleActiveConsumer;
  }

  get size(): number {
    return this.#all.length;
  }

  get all(): readonly Consumer[] {
    return this.#all;
  }

  get active(): Consumer | undefined {
    return this.#active;
  }

  /** Whether a consumer may join: none may beside an exclusive one, and an exclusive one beside none. */
  admits(exclusive: boolean): boolean {
    return this.#exclusive === undefined && !(exclusive && (this.#all.length > 0 || this.#oneActive));
  }

  add(consumer: Consumer): void {
    this.#all.push(consumer);
    this.rejoin(consumer);
    if (consumer.settings.exclusive) this.#exclusive = consumer;
    this.#active ??= consumer;
  }

  remove(consumer: Consumer): boolean {
    if (!drop(this.#all, consumer)) return false;
    drop(this.#able, consumer);
    consumer.waiting = false;
    if (this.#exclusive === consumer) this.#exclusive = undefined;
    if (this.#active === consumer) this.#active = highest(this.#all);
    return true;
  }

  rejoin(consumer: Consumer): void {
    consumer.waiting = false;
    const { priority } = consumer.settings;
    const behind = this.#able.findIndex((other) => other.settings.priority < priority);
    this.#able.splice(behind < 0 ? this.#able.length : behind, 0, consumer);
  }

  /** The consumer that gets the next message, and the end of the line for it. */
  next(): Consumer | undefined {
    if (this.#oneActive) return this.#activeIfAble();
    for (;;) {
      const consumer = this.#able[0];
      if (consumer === undefined) return undefined;
      if (!consumer.hasCredit) {
        this.#able.shift();
        consumer.waiting = true;
      } else {
        if (this.#able.length > 1) {
          this.#able.shift();
          this.rejoin(consumer);
        }
        return consumer;
      }
    }
  }

  #activeIfAble(): Consumer | undefined {
    const active = this.#active;
    if (active === undefined || active.hasCredit) return active;
    if (!active.waiting) drop(this.#able, active);
    active.waiting = true;
    return undefined;
  }
}

function highest(consumers: readonly Consumer[]): Consumer | undefined {
  let best = consumers[0];
  for (const consumer of consumers)
    if (best && consumer.settings.priority > best.settings.priority) best = consumer;
  return best;
}

function drop(consumers: Consumer[], consumer: Consumer): boolean {
  const at = consumers.indexOf(consumer);
  if (at >= 0) consumers.splice(at, 1);
  return at >= 0;
}
