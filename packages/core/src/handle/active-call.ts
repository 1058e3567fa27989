import { AsyncLocalStorage } from 'node:async_hooks';
import { BridgeError } from '../errors/kernel-errors.js';
import type { CallScope } from '../extend/call-scope.js';
import type { Call } from '../run/call.js';
import type { Effect } from '../run/outcome.js';
import { CallContext } from './call-context.js';

// A handler that emits in an endless loop must fail by itself before it takes the worker's memory.
const maxEffects = 100_000;

/** A call while it runs: what dependencies, interceptors and loggers see of it. */
export class ActiveCall implements CallScope {
  readonly context: CallContext;
  readonly target: string;
  args: readonly unknown[] = [];
  #effects: Effect[] = [];
  #active = true;

  constructor(call: Call, target: string) {
    this.context = new CallContext(call);
    this.target = target;
  }

  get active(): boolean {
    return this.#active;
  }

  emit(dependency: string, effect: unknown): void {
    if (!this.#active) {
      throw new BridgeError(
        `${this.target}: call ${this.context.id} has ended, so nothing it emits would be carried out`,
      );
    }
    if (this.#effects.length >= maxEffects) {
      throw new BridgeError(
        `${this.target}: a call may emit ${maxEffects} effects at the most. Split the work into several calls.`,
      );
    }
    this.#effects.push({ dependency, effect });
  }

  /** Ends the call and hands over what it emitted. */
  end(): readonly Effect[] {
    this.#active = false;
    return this.#effects;
  }
}

/** The call that the running code belongs to, across awaits. */
export const runningCall = new AsyncLocalStorage<ActiveCall>();
