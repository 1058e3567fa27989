import { Deadline, type Extension, type SharedDefinition } from '@micro-framework/core';
import { type Session, session } from '../connection/session.js';

/** Milliseconds that deleting may take; where the broker is away, it does so by itself. */
const patience = 2_000;

/**
 * Deletes the queues that belong to this instance alone, once their last delivery is settled. Those of an instance that
 * dies the broker deletes by itself, later.
 */
export class TemporaryQueues implements Extension {
  readonly #session: Session;
  readonly #queues: string[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  add(queue: string): void {
    this.#queues.push(queue);
  }

  /** Before the session, which it was made after. */
  async stop(): Promise<void> {
    if (this.#queues.length > 0) await Deadline.in(patience).within(this.#delete());
  }

  async #delete(): Promise<void> {
    const { channel, isOpen } = await this.#session.openChannel();
    for (const queue of this.#queues) await channel.deleteQueue(queue);
    if (isOpen()) await channel.close();
  }
}

/** Those of a runner. */
export const temporaryQueues: SharedDefinition<TemporaryQueues> = {
  name: 'temporary queues',
  create: (context) => new TemporaryQueues(context.shared(session)),
};
