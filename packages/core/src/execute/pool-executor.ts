import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoppedWhileStartingError } from '../errors/kernel-errors.js';
import { Deadline } from '../extend/deadline.js';
import type { Eventual } from '../extend/eventual.js';
import { type HealthReport, healthOfSome } from '../extend/health.js';
import type { Call } from '../run/call.js';
import type { Outcome, RefusedReason } from '../run/outcome.js';
import type { Executor } from './executor.js';
import { CallQueue } from './pool/call-queue.js';
import { Crew } from './pool/crew.js';
import { DueTimer } from './pool/due-timer.js';
import type { Pending } from './pool/pending.js';
import type { SlotParts, WorkerSlot } from './pool/worker-slot.js';

/**
 * `idle` before the start; `starting` until the first workers are ready, when calls queue already; `running`;
 * `draining` from a stop, or a start that failed, on, when `onFailure` alone is taken; `stopping` when nothing is.
 */
type PoolState = 'idle' | 'starting' | 'running' | 'draining' | 'stopping';

// After as many deaths no worker lives long enough to begin the call.
const mostReturns = 3;

/** Runs calls on worker threads or processes, several at a time on each. */
export class PoolExecutor implements Executor {
  readonly capacity: number;
  readonly #parts: SlotParts;
  readonly #crew: Crew;
  readonly #queue = new CallQueue();
  readonly #impatience = new DueTimer((now) => this.#refuseImpatient(now));
  #state: PoolState = 'idle';
  #pumping = false;
  /** Since when no worker can be started; calls wait for one no longer than they may run. */
  #failingSince: number | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<number> | undefined;
  #drained: (() => void) | undefined;

  constructor(parts: SlotParts) {
    const { max, tasksPerWorker } = parts.plan;
    this.capacity = max * tasksPerWorker;
    this.#parts = parts;
    this.#crew = new Crew(parts, {
      changed: () => this.#changed(),
      unbegun: (calls) => this.#takeBack(calls),
      needed: () => this.#state === 'running' || this.#queue.length > 0,
    });
  }

  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  execute(call: Call, gone?: AbortSignal): Eventual<Outcome> {
    if (this.#state === 'idle') return refused('no-worker');
    if (this.#isStopping() && !this.#settles(call)) return refused('stopping');
    if (this.#queue.length >= this.#parts.plan.maxQueue && this.#isFull()) return refused('full');
    return new Promise((settle) => {
      const since = performance.now();
      this.#queue.push({ call, settle, since, returns: 0, gone });
      if (this.#failingSince !== undefined) this.#impatience.expect(since + call.timeout);
      this.#schedulePump();
    });
  }

  health(): HealthReport {
    const { mode, max } = this.#parts.plan;
    const ready = this.#crew.present;
    const details = { mode, expected: max, ready, running: this.#crew.load, queued: this.#queue.length };
    return { status: healthOfSome(ready, max), details };
  }

  stop(deadline: Deadline): Promise<number> {
    this.#stopped ??= this.#stop(deadline);
    return this.#stopped;
  }

  async #start(): Promise<void> {
    if (this.#state !== 'idle') throw stoppedWhileStarting();
    this.#state = 'starting';
    try {
      await this.#crew.start();
    } catch (error) {
      if (this.#isStopping()) throw stoppedWhileStarting(error);
      await this.stop(Deadline.in(0));
      throw error;
    }
    if (this.#isStopping()) throw stoppedWhileStarting();
    this.#state = 'running';
    this.#changed();
  }

  async #stop(deadline: Deadline): Promise<number> {
    this.#state = 'draining';
    if (!this.#isGreedy()) this.#refuse(({ call }) => !this.#settles(call), 'stopping');
    await deadline.within(this.#untilDrained());
    this.#state = 'stopping';
    const left = this.#refuse(() => true, 'stopping') + this.#crew.cutOff();
    this.#impatience.clear();
    await this.#crew.dismiss();
    return left;
  }

  /** It is no attempt of theirs, and they have waited already. What follows makes room for them. */
  #takeBack(calls: readonly Pending[]): void {
    for (const { returns, settle } of calls)
      if (returns > mostReturns) settle({ kind: 'refused', reason: 'no-worker' });
    this.#queue.unshift(calls.filter(({ returns }) => returns <= mostReturns));
    if (this.#isStopping() && !this.#isGreedy()) this.#refuse(({ call }) => !this.#settles(call), 'stopping');
    const failingSince = this.#failingSince;
    if (failingSince !== undefined) this.#impatience.expect(this.#refuseImpatient(failingSince));
  }

  async #untilDrained(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        this.#changed();
      });
      // What failed last may be followed by its `onFailure`.
      await nextTurn();
    } while (this.#state === 'draining' && !this.#isIdle());
  }

  #isIdle(): boolean {
    return this.#queue.length === 0 && this.#crew.load === 0;
  }

  /** It belongs to the end of a call that has run, so it is run while there is time. */
  #settles({ member }: Call): boolean {
    return this.#state === 'draining' && member === 'onFailure';
  }

  /** Workers came or went, or calls ended. */
  #changed(): void {
    this.#noteFailing();
    if (this.#queue.length > 0) this.#schedulePump();
    else if (this.#drained && this.#isIdle()) this.#drained();
  }

  // Calls that become ready in one turn, such as all that follow from one message of outcomes, travel together.
  #schedulePump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    process.nextTick(() => this.#pump());
  }

  #pump(): void {
    this.#pumping = false;
    const slots = this.#crew.working;
    // What a spent worker still runs counts, too: its replacement must not run calls beside it that it would not itself.
    for (let free = this.capacity - this.#crew.load; free > 0; free -= 1) {
      const slot = roomiest(slots);
      const pending = slot && this.#next();
      if (!pending) break;
      slot.take(pending);
    }
    for (const slot of slots) slot.flush();
    this.#crew.staff();
    // The last of them may have died when nothing more was to come.
    if (this.#state === 'draining' && this.#queue.length > 0) this.#crew.fill();
    // All that was left may have been wanted by nobody: then no call ends any more that would tell.
    if (this.#drained && this.#isIdle()) this.#drained();
  }

  /** The first in the queue that somebody waits for. */
  #next(): Pending | undefined {
    let pending = this.#queue.shift();
    while (pending?.gone?.aborted) {
      pending.settle({ kind: 'refused', reason: 'gone' });
      pending = this.#queue.shift();
    }
    return pending;
  }

  #isFull(): boolean {
    const room = this.#crew.working.reduce((sum, slot) => sum + slot.room, 0);
    const free = Math.min(room, this.capacity - this.#crew.load);
    return this.#queue.length - free >= this.#parts.plan.maxQueue;
  }

  #isStopping(): boolean {
    return this.#state === 'draining' || this.#state === 'stopping';
  }

  #isGreedy(): boolean {
    return this.#parts.plan.mode.startsWith('greedy');
  }

  #noteFailing(): void {
    if (!this.#crew.failing) {
      this.#failingSince = undefined;
    } else if (this.#failingSince === undefined) {
      this.#failingSince = performance.now();
      this.#impatience.expect(this.#refuseImpatient(this.#failingSince));
    }
  }

  /** Refuses the calls that have waited too long for any worker to be there. Returns when the next of them has. */
  #refuseImpatient(now: number): number {
    const failingSince = this.#failingSince;
    if (failingSince === undefined) return Number.POSITIVE_INFINITY;
    const patienceEnd = ({ since, call }: Pending): number => Math.max(since, failingSince) + call.timeout;
    this.#refuse((pending) => patienceEnd(pending) <= now, 'no-worker');
    return [...this.#queue].reduce(
      (next, pending) => Math.min(next, patienceEnd(pending)),
      Number.POSITIVE_INFINITY,
    );
  }

  #refuse(choose: (pending: Pending) => boolean, reason: RefusedReason): number {
    const refused = this.#queue.take(choose);
    for (const { settle } of refused) settle({ kind: 'refused', reason });
    return refused.length;
  }
}

function roomiest(slots: readonly WorkerSlot[]): WorkerSlot | undefined {
  let best: WorkerSlot | undefined;
  for (const slot of slots) if (slot.room > 0 && (!best || slot.load < best.load)) best = slot;
  return best;
}

function refused(reason: RefusedReason): Outcome {
  return { kind: 'refused', reason };
}

function stoppedWhileStarting(cause?: unknown): StoppedWhileStartingError {
  return new StoppedWhileStartingError('the workers were stopped before all of them were ready', { cause });
}
