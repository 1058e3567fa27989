import { assertReadable } from '../../errors/nesting.js';
import { toWireError, type WireError } from '../../errors/wire-error.js';
import { Deadline } from '../../extend/deadline.js';
import type { Logger } from '../../extend/logger.js';
import { stopHooksTime } from '../executor.js';
import { openLink } from '../link/open-link.js';
import type { WorkerEnd, WorkerLink } from '../link/worker-link.js';
import { type BootAnswer, type FromWorker, isWireError, type ToWorker } from '../protocol.js';
import type { WorkerInit } from '../worker-init.js';
import type { WorkerPlan } from '../worker-plan.js';
import { causeOf, type Death, howItDied, type Killing, startErrorOf } from './worker-death.js';

/** What a worker is made with. */
export interface LifeParts {
  readonly plan: WorkerPlan;
  readonly init: WorkerInit;
  readonly log: Logger;
}

/** What a worker says of calls. */
export type FromHandlers = Exclude<FromWorker, { readonly mf: 'ready' | 'last-words' }>;

/** What is told of a worker's life. */
export interface LifeEvents {
  /** What this throws breaks the line to the worker. */
  message(message: FromHandlers): void;
  /** The worker is gone, in the state it was in before. Once. */
  ended(death: Death, before: LifeState): void;
}

/**
 * `booting` until the service is loaded; `ready` for calls; `retiring` from its last call on, while it stops; `ended`
 * when it is gone, from any.
 */
export type LifeState = 'booting' | 'ready' | 'retiring' | 'ended';

// A stop in order takes no longer than this once the stop hooks have run; and this long an ended worker may linger in
// a native call before its calls are given up.
const closingTime = 2_000;
const killTime = 1_000;
const unknownEnd: WorkerEnd = { code: null, signal: null, error: undefined };

/** One worker, from its start to its end. */
export class WorkerLife {
  /** Resolves when the worker is gone. */
  readonly gone: Promise<void>;
  readonly #parts: LifeParts;
  readonly #events: LifeEvents;
  #leave: () => void = () => {};
  #link: WorkerLink | undefined;
  #state: LifeState = 'booting';
  #booted: { resolve(): void; reject(error: Error): void } | undefined;
  /** Settles when it has stopped. */
  #served: Promise<void> | undefined;
  /** It has stopped, or is not waited for any longer. */
  #isStopped = false;
  #lastWords: WireError | undefined;
  #killed: Killing | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LifeParts, events: LifeEvents) {
    this.#parts = parts;
    this.#events = events;
    this.gone = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  get state(): LifeState {
    return this.#state;
  }

  /** Whether what is posted can still reach it. */
  get alive(): boolean {
    return this.#link?.alive === true;
  }

  /** Starts the worker and loads the service. Rejects with a `WorkerStartError`. */
  boot(): Promise<void> {
    const { plan, init } = this.#parts;
    return new Promise((resolve, reject) => {
      this.#booted = { resolve, reject };
      try {
        const link = openLink(plan, {
          message: (message) => this.#hear(message),
          broken: (error) => this.broken(error),
          ended: (end) => this.#end(end),
        });
        this.#link = link;
        this.#timer = setTimeout(() => {
          this.kill(`was not ready within ${plan.startTimeout} ms (workerStartTimeout)`);
        }, plan.startTimeout);
        this.#served = link.serve(init);
        this.#served.catch((error) => this.#notServing(error));
      } catch (error) {
        // Such as: threads cannot have threads of this kind, nor processes.
        this.#killed = { why: 'could not be started', cause: toWireError(error) };
        this.#end(unknownEnd);
      }
    });
  }

  /** Throws when the message cannot be cloned, or the worker could not read it. */
  post(message: ToWorker): void {
    assertReadable(message);
    this.#link?.post(message);
  }

  /** From now on it stops: it is to be given no call. */
  retire(): void {
    if (this.#state === 'ready') this.#enter('retiring');
  }

  /** Lets the worker run its stop hooks and ends it in order; by force where that takes too long. Without calls only. */
  async stop(): Promise<void> {
    const link = this.#link;
    if (this.#state === 'booting') this.kill('was stopped before it was ready');
    if (this.#state !== 'ready' || !link) return this.gone;
    this.retire();
    const { log } = this.#parts;
    try {
      link.post({ mf: 'stop' });
      const stopped = Promise.race([this.#served, this.gone]);
      const inTime = await Deadline.in(stopHooksTime).within(stopped);
      if (!inTime) log.error({ ms: stopHooksTime }, 'onWorkerStop did not end in time');
    } catch (err) {
      log.error({ err }, 'onWorkerStop failed');
    }
    this.#isStopped = true;
    if (!this.#isGone()) {
      this.#timer = setTimeout(() => this.kill('did not stop in time'), closingTime);
      // Its rejections say that the worker is gone already.
      link.close().catch(() => {});
    }
    return this.gone;
  }

  /** Ends the worker at once. `why` goes on from "the worker". */
  kill(why: string, cause?: WireError): void {
    if (this.#isGone() || this.#killed) return;
    this.#killed = { why, ...(cause && { cause }) };
    clearTimeout(this.#timer);
    // A thread in a native call, and a process that never came to be, tell no end.
    this.#timer = setTimeout(() => this.#end(unknownEnd), killTime);
    this.#link?.kill();
  }

  /** Nothing it says can be trusted any more, its calls' outcomes least of all. */
  broken(error: unknown): void {
    this.kill('sent a message that makes no sense', toWireError(error));
  }

  #hear(message: FromWorker): void {
    try {
      if (message.mf === 'ready') this.#ready(message.answer);
      else if (message.mf === 'last-words') this.#lastWords = errorIn(message);
      else this.#events.message(message);
    } catch (error) {
      this.broken(error);
    }
  }

  #ready(answer: BootAnswer): void {
    if (this.#state === 'ready') throw new TypeError('it was ready before');
    if (this.#state !== 'booting' || this.#killed) return;
    clearTimeout(this.#timer);
    if (answer.ok) {
      this.#enter('ready');
      this.#booted?.resolve();
    } else {
      this.kill('could not load the service', errorIn(answer));
    }
  }

  #notServing(error: unknown): void {
    if (this.#state === 'booting') this.kill('could not be started', toWireError(error));
    else if (this.#state === 'ready') this.broken(error);
    // What the stop hooks threw is told by the stop.
  }

  #end(end: WorkerEnd): void {
    if (this.#isGone()) return;
    const death = { end, lastWords: this.#lastWords, killed: this.#killed };
    clearTimeout(this.#timer);
    const before = this.#state;
    this.#enter('ended');
    if (before === 'booting') this.#booted?.reject(startErrorOf(this.#parts, death));
    else if (before === 'retiring' && !this.#isStopped && !this.#killed) {
      const fields = { err: causeOf(death), reason: howItDied(death) };
      this.#parts.log.warn(fields, 'a worker died before it had stopped');
    }
    this.#leave();
    this.#events.ended(death, before);
  }

  #isGone(): boolean {
    return this.#state === 'ended';
  }

  #enter(next: LifeState): void {
    this.#parts.log.debug({ from: this.#state, to: next }, 'worker state');
    this.#state = next;
  }
}

/** A handler may send under our mark, too: what it sends is not to make the main side fall. */
function errorIn({ error }: { readonly error: WireError }): WireError {
  if (isWireError(error)) return error;
  throw new TypeError('an error is malformed');
}
