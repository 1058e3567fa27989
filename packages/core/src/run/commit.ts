import { BridgeError } from '../errors/kernel-errors.js';
import type { AnswerQuestion } from '../execute/bridge.js';
import type { CallInfo } from '../extend/call-scope.js';
import type { DependencyMain } from '../extend/dependency.js';
import type { Effect } from './outcome.js';

/** Carries out what a succeeded call emitted. Rejects when some of it could not be. */
export type CommitEffects = (effects: readonly Effect[], call: CallInfo) => Promise<void>;

/** The main halves of a runner's dependencies, by name. */
export type DependencyMains = ReadonlyMap<string, DependencyMain>;

/** Hands effects to the main half each belongs to, in the order they were emitted. */
export function commitTo(mains: DependencyMains): CommitEffects {
  return async (effects, call) => {
    const byName = new Map<string, unknown[]>();
    for (const { dependency, effect } of effects) {
      const own = byName.get(dependency);
      if (own) own.push(effect);
      else byName.set(dependency, [effect]);
    }
    for (const [name, own] of byName) {
      const main = mains.get(name);
      if (!main?.commit)
        throw new BridgeError(`${call.id} emitted to ${name}, whose main half has no commit`);
      await main.commit(own, call);
    }
  };
}

/** Hands a worker's question to the main half it is for. */
export function answerFrom(mains: DependencyMains): AnswerQuestion {
  return async (name, request, call) => {
    const main = mains.get(name);
    if (!main?.answer) throw new BridgeError(`nobody on the main side answers questions of ${name}`);
    return main.answer(request, call);
  };
}
