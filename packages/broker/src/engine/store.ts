import type { Binding } from './exchange/binding.js';
import type { Exchange } from './exchange/exchange.js';
import type { Entry } from './queue/entry.js';
import type { Queue } from './queue/queue.js';

/**
 * What the engine tells of each change that has to survive it. Called in the middle of the change: the calls return at
 * once and change nothing in the engine. One that throws has kept nothing, and then the change is not made: what is not
 * kept is promised to nobody. Only durable things are told of.
 */
export interface Store {
  exchangeDeclared(exchange: Exchange): void;
  exchangeDeleted(exchange: Exchange): void;
  queueDeclared(queue: Queue): void;
  queueDeleted(queue: Queue): void;
  bound(binding: Binding): void;
  unbound(binding: Binding): void;
  enqueued(entry: Entry): void;
  /** The entry was returned to its queue; its count of returns has grown. */
  returned(entry: Entry): void;
  /** The entry has left its queue for good, or its queue is gone. Called only while it has `recordBytes`. */
  removed(entry: Entry): void;
  /** While this is true a message from a client that would have to be kept is refused rather than promised. */
  readonly failing: boolean;
}

/** Keeps nothing. */
export const noStore: Store = {
  exchangeDeclared() {},
  exchangeDeleted() {},
  queueDeclared() {},
  queueDeleted() {},
  bound() {},
  unbound() {},
  enqueued() {},
  returned() {},
  removed() {},
  failing: false,
};
