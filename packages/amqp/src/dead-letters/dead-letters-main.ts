import type { DependencyMain, ExtensionContext } from '@micro-framework/core';
import { type Session, session } from '../connection/session.js';
import { deadLetterQueue, deadLetterSuffix } from '../topology/dead-letters.js';
import { lostDelays } from '../topology/delays.js';
import { lostRetries } from '../topology/wait-queues.js';
import { type DeadLetter, type DeadLetterContent, readDeadLetter } from './dead-letter.js';
import { matcherOf } from './dead-letter-filter.js';
import type { DeadLetterPage, DeadLetterReport } from './dead-letters.js';
import { countOf, HeldLetters } from './held-letters.js';
import { checkOptions, type DeadLetterQuery } from './query.js';
import { checkTarget, replayOf } from './replay.js';
import { type Work, workThrough } from './work-through.js';

type Query<Kind extends DeadLetterQuery['kind']> = Extract<DeadLetterQuery, { kind: Kind }>;

const defaultLimit = 100;

/** The main half: looks into queues of dead letters on channels of its own, one query of a queue after the other. */
export class DeadLettersMain implements DependencyMain {
  readonly #session: Session;
  /** The last query of each queue. Two at a time would hide letters from each other. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor({ shared }: ExtensionContext) {
    this.#session = shared(session);
  }

  async answer(request: unknown): Promise<unknown> {
    const query = request as DeadLetterQuery;
    const queue = queueOf(query.queue);
    const answer = (this.#turns.get(queue) ?? Promise.resolve()).then(() => this.#answer(query, queue));
    const turn = answer.then(
      () => {},
      () => {},
    );
    this.#turns.set(queue, turn);
    void turn.then(() => {
      if (this.#turns.get(queue) === turn) this.#turns.delete(queue);
    });
    return answer;
  }

  async #answer(query: DeadLetterQuery, queue: string): Promise<unknown> {
    switch (query.kind) {
      case 'count':
        return this.#count(queue);
      case 'list':
        return this.#list(query, queue);
      case 'inspect':
        return this.#inspect(query, queue);
      case 'replay':
        return this.#replay(query, queue);
      case 'discard':
        return this.#discard(query, queue);
    }
  }

  async #count(queue: string): Promise<number> {
    const { channel, isOpen } = await this.#session.openChannel();
    try {
      return await countOf(queue, channel);
    } finally {
      if (isOpen()) await channel.close();
    }
  }

  async #list({ options }: Query<'list'>, queue: string): Promise<DeadLetterPage> {
    checkOptions(options, ['filter', 'limit', 'skip']);
    const { filter = {}, limit = defaultLimit, skip = 0 } = options;
    const matches = matcherOf(filter, Date.now());
    const letters: DeadLetter[] = [];
    let passed = 0;
    return this.#look(queue, async (held) => {
      for (let next = await held.next(); next; next = await held.next()) {
        const letter = readDeadLetter(next.message, queue);
        if (!matches(letter)) continue;
        if (letters.length === limit) return { letters, more: true };
        if (passed++ >= skip) letters.push(letter);
      }
      return { letters, more: false };
    });
  }

  async #inspect({ id }: Query<'inspect'>, queue: string): Promise<DeadLetterContent | undefined> {
    return this.#look(queue, async (held) => {
      for (let next = await held.next(); next; next = await held.next()) {
        const letter = readDeadLetter(next.message, queue);
        // The driver's buffer is a view of a larger one, all of which would travel to whoever asked.
        if (letter.id === id) return { ...letter, body: new Uint8Array(next.message.content) };
      }
      return undefined;
    });
  }

  async #replay({ filter, options }: Query<'replay'>, queue: string): Promise<DeadLetterReport> {
    checkOptions(options, ['dryRun', 'limit', 'rate', 'to']);
    checkTarget(options.to);
    const carryOut: Work['carryOut'] = async (message, letter) =>
      this.#session.publish(replayOf(message, letter, options.to));
    const work = { queue, options, matches: matcherOf(filter, Date.now()), carryOut };
    return this.#look(queue, (held) => workThrough(held, work));
  }

  async #discard({ filter, options }: Query<'discard'>, queue: string): Promise<DeadLetterReport> {
    checkOptions(options, ['dryRun', 'limit', 'rate']);
    const work = { queue, options, matches: matcherOf(filter, Date.now()), carryOut: async () => {} };
    return this.#look(queue, (held) => workThrough(held, work));
  }

  /** Whatever happens, what is not settled goes back. */
  async #look<T>(queue: string, use: (held: HeldLetters) => Promise<T>): Promise<T> {
    const held = await HeldLetters.of(queue, await this.#session.openChannel());
    try {
      return await use(held);
    } finally {
      await held.giveBack();
    }
  }
}

/** Letters are asked for by the name of their work queue, or by that of the queue they are in. */
function queueOf(name: string): string {
  const isItself = name.endsWith(deadLetterSuffix) || name === lostRetries || name === lostDelays;
  return isItself ? name : deadLetterQueue(name);
}
