import { type DependencyDefinition, dependency } from '@micro-framework/core';
import type { DeadLetter, DeadLetterContent } from './dead-letter.js';
import type { DeadLetterFilter } from './dead-letter-filter.js';
import { WorkerDeadLetters } from './worker-dead-letters.js';

/** Which dead letters to list. */
export interface DeadLetterListOptions {
  /** Default: all of them. */
  readonly filter?: DeadLetterFilter;
  /** How many at the most. Default: 100. */
  readonly limit?: number;
  /** How many of those that fit are passed over first. Default: 0. */
  readonly skip?: number;
}

/** Part of a list of dead letters, the one that has been there longest first. */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** There are more that fit. */
  readonly more: boolean;
}

/** How to discard dead letters. */
export interface DiscardOptions {
  /** Only tell what would be done. Default: `false`. */
  readonly dryRun?: boolean;
  /** How many at the most. Default: all that fit. */
  readonly limit?: number;
  /** How many a second at the most. Default: as fast as it goes. */
  readonly rate?: number;
}

/** How to replay dead letters. */
export interface ReplayOptions extends DiscardOptions {
  /**
   * Where to send them: a queue, or an exchange, with the routing key they first had unless another is given. Default: the
   * queue each came from.
   */
  readonly to?: ReplayTarget;
}

/** A queue by its name, or an exchange. */
export type ReplayTarget =
  | { readonly queue: string }
  | { readonly exchange: string; readonly routingKey?: string };

/** What a replay or a discard did. */
export interface DeadLetterReport {
  /** Nothing was done: `done` would have been. */
  readonly dryRun: boolean;
  /** Letters that were looked at. */
  readonly looked: number;
  /** Letters that were replayed or discarded. */
  readonly done: number;
  /** Letters that could not be replayed. They are where they were. */
  readonly failed: number;
  /** Why, for the first twenty. */
  readonly failures: readonly { readonly id: string; readonly error: string }[];
  /**
   * `all`: every letter was looked at that was there at the beginning. `limit`: the limit was reached. `time`: it went on
   * for 20 minutes; call again for the rest.
   */
  readonly end: 'all' | 'limit' | 'time';
}

/**
 * What handlers could not do, and what becomes of it. Each queue that somebody listens to has its dead letters in
 * `<queue>.dead`; they are named here by the one or the other. Ask for it in a handler, of a runner
 * (`runner.get(DeadLetters)`), or connect a script with `connectDeadLetters`.
 *
 * To look at letters is to take them out and put them back: they keep their order and none is lost. Somebody else who looks
 * at the same time does not see those; when a process that looks is killed they come back. Services may run meanwhile.
 *
 * @example
 * ```ts
 * const { letters } = await deadLetters.list('shop.order_placed__billing.Billing.bill', { filter: { errorCode: 'ETIMEDOUT' } });
 * const report = await deadLetters.replay('shop.order_placed__billing.Billing.bill', { errorCode: 'ETIMEDOUT' }, { rate: 50 });
 * ```
 */
export abstract class DeadLetters {
  static readonly [dependency]: DependencyDefinition<DeadLetters> = {
    name: 'DeadLetters',
    // The driver is for the main side only.
    main: async (context) => new (await import('./dead-letters-main.js')).DeadLettersMain(context),
    worker: (context) => {
      const deadLetters = new WorkerDeadLetters(context);
      return { provide: () => deadLetters };
    },
  };

  /**
   * How many there are.
   *
   * @throws `TopologyMissingError` where there is no such queue, here and below
   */
  abstract count(queue: string): Promise<number>;

  /** What there is, without bodies, the one that has been there longest first. */
  abstract list(queue: string, options?: DeadLetterListOptions): Promise<DeadLetterPage>;

  /** One of them with its body, by {@link DeadLetter.id}. */
  abstract inspect(queue: string, id: string): Promise<DeadLetterContent | undefined>;

  /**
   * Sends letters to the queue they came from, to be handled as if for the first time: body, headers and properties as they
   * were. Each leaves the dead letters when the broker has confirmed its copy; if it all ends in between, the letter is in
   * both places, and never in none. One whose queue is gone stays.
   *
   * @param filter - which ones; `{}` for all
   */
  abstract replay(
    queue: string,
    filter: DeadLetterFilter,
    options?: ReplayOptions,
  ): Promise<DeadLetterReport>;

  /**
   * Deletes letters for good.
   *
   * @param filter - which ones; `{}` for all
   */
  abstract discard(
    queue: string,
    filter: DeadLetterFilter,
    options?: DiscardOptions,
  ): Promise<DeadLetterReport>;
}
