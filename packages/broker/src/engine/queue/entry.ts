import type { Consumer } from '../channel/consumer.js';
import type { Message } from '../message/message.js';
import type { Queue } from './queue.js';

/** A message's place in one queue. The message is shared, this is not. */
export class Entry {
  redelivered = false;
  /** How often it came back without being settled; the delivery limit counts these. */
  returns = 0;
  /** What the store's record of it takes; 0 while there is none. */
  recordBytes = 0;
  /** Who has it now; `undefined` while it waits or was fetched by `basic.get`. */
  consumer: Consumer | undefined = undefined;

  constructor(
    readonly queue: Queue,
    readonly message: Message,
    /** Where it came in; what is returned goes back there. */
    readonly position: number,
    /** On the engine's clock; `Infinity` when it does not expire. */
    readonly expiresAt: number,
  ) {}
}
