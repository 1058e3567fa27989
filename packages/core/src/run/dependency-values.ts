import type { Config } from '../config/config.js';
import { type DependencyToken, dependencyOf, tokenName } from '../declare/token.js';
import { DependencyUnknownError } from '../errors/kernel-errors.js';
import { stopHooksTime } from '../execute/executor.js';
import { Deadline } from '../extend/deadline.js';
import type { DependencyDefinition, DependencyWorker } from '../extend/dependency.js';
import type { Logger } from '../extend/logger.js';
import { answerFrom, type DependencyMains } from './commit.js';

/** What the values of dependencies are made from. */
export interface DependencyValuesParts {
  readonly config: Config;
  readonly log: Logger;
  readonly mains: DependencyMains;
}

/**
 * Dependencies for code on the main side that is no handler: a web server beside a service, a script. Their worker
 * halves are made here, once each, and ask their main halves directly.
 */
export class DependencyValues {
  readonly #parts: DependencyValuesParts;
  readonly #halves = new Map<string, DependencyWorker<unknown>>();

  constructor(parts: DependencyValuesParts) {
    this.#parts = parts;
  }

  /** The value of a dependency. Throws a `DependencyUnknownError` for one that cannot be had here. */
  get<T>(token: DependencyToken<T>): T {
    const definition = dependencyOf(token);
    if (!definition) throw new DependencyUnknownError(noDependency(tokenName(token)));
    const { name, scope, main } = definition;
    if (scope === 'call') throw new DependencyUnknownError(belongsToCall(name));
    if (main && !this.#parts.mains.has(name)) throw new DependencyUnknownError(notSetUp(name));
    const half = this.#halves.get(name) ?? this.#make(definition);
    return half.provide() as T;
  }

  /**
   * Stops the halves that were made, whatever becomes of the others. They get no longer than in a worker: the main halves
   * and the connections under them have to be closed within the deadline, too.
   */
  async stop(deadline: Deadline): Promise<void> {
    const halves = [...this.#halves.entries()];
    this.#halves.clear();
    const own = Deadline.in(Math.min(deadline.remaining, stopHooksTime));
    await Promise.all(halves.map(([name, half]) => this.#stopHalf(name, half, own)));
  }

  async #stopHalf(dependency: string, half: DependencyWorker<unknown>, deadline: Deadline): Promise<void> {
    const { log } = this.#parts;
    try {
      const inTime = await deadline.within(Promise.resolve(half.stop?.()));
      if (!inTime) log.error({ dependency }, 'a dependency did not stop in time');
    } catch (err) {
      log.error({ err, dependency }, 'a dependency failed to stop');
    }
  }

  #make(definition: DependencyDefinition<unknown>): DependencyWorker<unknown> {
    const { config, log, mains } = this.#parts;
    const answer = answerFrom(mains);
    const half = definition.worker({
      config,
      log,
      ask: (request) => answer(definition.name, request, undefined),
      currentCall: () => undefined,
    });
    this.#halves.set(definition.name, half);
    return half;
  }
}

function noDependency(name: string): string {
  return `${name} is no dependency: handlers get such values in their workers, and outside of them there are none.`;
}

function belongsToCall(name: string): string {
  return `${name} belongs to a call, and there is none here: inject it into a parameter of a handler.`;
}

function notSetUp(name: string): string {
  return `nothing was set up for ${name}, as no handler injects it: list it in @Module({ providers: [${name}] }).`;
}
