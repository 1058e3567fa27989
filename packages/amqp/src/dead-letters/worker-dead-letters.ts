import type { DependencyContext } from '@micro-framework/core';
import type { DeadLetterContent } from './dead-letter.js';
import type { DeadLetterFilter } from './dead-letter-filter.js';
import type {
  DeadLetterListOptions,
  DeadLetterPage,
  DeadLetterReport,
  DeadLetters,
  DiscardOptions,
  ReplayOptions,
} from './dead-letters.js';
import type { DeadLetterQuery } from './query.js';

/** The worker half: hands queries to the main side, which is connected. */
export class WorkerDeadLetters implements DeadLetters {
  readonly #context: DependencyContext;

  constructor(context: DependencyContext) {
    this.#context = context;
  }

  count(queue: string): Promise<number> {
    return this.#ask({ kind: 'count', queue });
  }

  list(queue: string, options: DeadLetterListOptions = {}): Promise<DeadLetterPage> {
    return this.#ask({ kind: 'list', queue, options });
  }

  inspect(queue: string, id: string): Promise<DeadLetterContent | undefined> {
    return this.#ask({ kind: 'inspect', queue, id });
  }

  replay(queue: string, filter: DeadLetterFilter, options: ReplayOptions = {}): Promise<DeadLetterReport> {
    return this.#ask({ kind: 'replay', queue, filter, options });
  }

  discard(queue: string, filter: DeadLetterFilter, options: DiscardOptions = {}): Promise<DeadLetterReport> {
    return this.#ask({ kind: 'discard', queue, filter, options });
  }

  async #ask<Answer>(query: DeadLetterQuery): Promise<Answer> {
    return (await this.#context.ask(query)) as Answer;
  }
}
