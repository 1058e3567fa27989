import type { WorkerStartError } from '../../errors/kernel-errors.js';
import type { Pending } from './pending.js';
import { type SlotParts, WorkerSlot } from './worker-slot.js';

/** What a crew tells its executor. */
export interface CrewEvents {
  /** Workers may have room, or calls have ended. */
  changed(): void;
  /** These calls went to a worker that died before it began them: they come first again. */
  unbegun(calls: readonly Pending[]): void;
  /** Whether workers that are gone are still to be replaced. */
  needed(): boolean;
}

// Between tries to replace a worker that could not start.
const shortestPause = 50;
const longestPause = 30_000;

/** Keeps the workers of a context at their number: starts them, replaces the dead and the spent, sends them home. */
export class Crew {
  readonly #parts: SlotParts;
  readonly #events: CrewEvents;
  // In the order they were started, each with the failed starts in a row that came before it.
  readonly #slots = new Map<WorkerSlot, number>();
  // Started while the worker they replace still serves.
  readonly #successors = new Set<WorkerSlot>();
  #started = false;
  #failures = 0;
  #pause: NodeJS.Timeout | undefined;

  constructor(parts: SlotParts, events: CrewEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Starts all workers together. Rejects with a `WorkerStartError` if one of them cannot start. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.#parts.plan.max }, () => this.#hire().boot()));
    this.#started = true;
    this.#events.changed();
    this.fill();
  }

  /** The workers that get calls: no more than the plan says. A replacement that is early waits until the other is spent. */
  get working(): WorkerSlot[] {
    const working: WorkerSlot[] = [];
    for (const slot of this.#slots.keys()) {
      if (slot.state === 'ready' && !slot.spent) working.push(slot);
      if (working.length === this.#parts.plan.max) break;
    }
    return working;
  }

  /**
   * How many of the plan's workers are there. A spent one is until its last call has ended, and from then on the one that
   * was started to follow it: recycling makes no gap. One that died is missing until another is ready.
   */
  get present(): number {
    let staying = 0;
    let leaving = 0;
    let coming = 0;
    for (const slot of this.#slots.keys()) {
      if (slot.state !== 'ready') coming += this.#successors.has(slot) ? 1 : 0;
      else if (slot.spent || slot.nearlySpent) leaving += 1;
      else staying += 1;
    }
    return Math.min(staying + Math.max(leaving, coming), this.#parts.plan.max);
  }

  /** No worker is there, and the last that was started could not be. */
  get failing(): boolean {
    return this.#failures > 0 && this.working.length === 0;
  }

  /** Calls that workers have. */
  get load(): number {
    let load = 0;
    for (const slot of this.#slots.keys()) load += slot.load;
    return load;
  }

  /** To be called when workers were given calls: a spent one is replaced in advance. */
  staff(): void {
    if (this.#parts.plan.maxTasksPerChild === Number.POSITIVE_INFINITY) return;
    for (const successor of this.fill()) this.#successors.add(successor);
  }

  /** Cuts off the calls that are left; returns their number. */
  cutOff(): number {
    let left = 0;
    for (const slot of this.#slots.keys()) left += slot.cutOff();
    return left;
  }

  /** Sends all workers home. They have no calls any more. */
  async dismiss(): Promise<void> {
    clearTimeout(this.#pause);
    await Promise.all([...this.#slots.keys()].map((slot) => slot.retire()));
  }

  #hire(): WorkerSlot {
    const slot: WorkerSlot = new WorkerSlot(this.#parts, {
      settled: () => this.#settled(slot),
      unbegun: (calls) => this.#events.unbegun(calls),
      ended: () => this.#ended(slot),
    });
    this.#slots.set(slot, this.#failures);
    return slot;
  }

  #settled(slot: WorkerSlot): void {
    this.#failures = 0;
    if (slot.spent && slot.load === 0) void slot.retire();
    this.#events.changed();
  }

  #ended(slot: WorkerSlot): void {
    // A worker that starts and soon dies by itself is no better than one that does not start.
    this.#failures = slot.barren ? Math.max(this.#failures, this.#slots.get(slot) ?? 0) + 1 : 0;
    this.#slots.delete(slot);
    this.#successors.delete(slot);
    // Died before its time, and the one that was to follow it is not there yet.
    if (!slot.retired) this.#successors.clear();
    this.fill();
    this.#events.changed();
  }

  /** Starts as many workers as are missing; while none can be started, one after a pause. Returns those started now. */
  fill(): readonly WorkerSlot[] {
    if (!this.#started || this.#pause || !this.#events.needed() || this.#missing === 0) return [];
    if (this.#failures === 0) return this.#replaceMissing();
    const pause = Math.min(shortestPause * 2 ** (this.#failures - 1), longestPause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#events.needed() && this.#missing > 0) this.#replace();
    }, pause);
    return [];
  }

  get #missing(): number {
    let staying = 0;
    for (const slot of this.#slots.keys()) if (!slot.spent && !slot.nearlySpent) staying += 1;
    return Math.max(0, this.#parts.plan.max - staying);
  }

  #replaceMissing(): readonly WorkerSlot[] {
    return Array.from({ length: this.#missing }, () => this.#replace());
  }

  #replace(): WorkerSlot {
    const started = (): void => {
      // Then the others can be, too. Whether they live is told by their calls, or by time.
      if (this.#events.needed()) this.#replaceMissing();
      this.#events.changed();
    };
    const failed = (err: WorkerStartError): void => {
      if (this.#events.needed()) {
        this.#parts.log.error({ err }, 'a worker could not be replaced; another try follows');
      }
    };
    const slot = this.#hire();
    void slot.boot().then(started, failed);
    return slot;
  }
}
