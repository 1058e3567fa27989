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
    this.#fill();
  }

  /** The workers that get calls: no more than the plan says, since a replacement waits until the spent one is done. */
  get working(): WorkerSlot[] {
    const working: WorkerSlot[] = [];
    for (const slot of this.#slots.keys()) {
      if (slot.state === 'ready' && !slot.spent) working.push(slot);
      if (working.length === this.#parts.plan.max) break;
    }
    return working;
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
    if (this.#parts.plan.maxTasksPerChild !== Number.POSITIVE_INFINITY) this.#fill();
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
    if (slot.spent && slot.load === 0) void slot.retire();
    this.#events.changed();
  }

  #ended(slot: WorkerSlot): void {
    // A worker that starts and soon dies by itself is no better than one that does not start.
    if (slot.barren) this.#failures = Math.max(this.#failures, this.#slots.get(slot) ?? 0) + 1;
    this.#slots.delete(slot);
    this.#fill();
    this.#events.changed();
  }

  #fill(): void {
    if (!this.#started || this.#pause || !this.#events.needed()) return;
    let staying = 0;
    for (const slot of this.#slots.keys()) if (!slot.spent && !slot.nearlySpent) staying += 1;
    const missing = this.#parts.plan.max - staying;
    if (missing <= 0) return;
    if (this.#failures === 0) {
      for (let count = 0; count < missing; count += 1) this.#replace();
      return;
    }
    const pause = Math.min(shortestPause * 2 ** (this.#failures - 1), longestPause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#events.needed()) this.#replace();
    }, pause);
  }

  #replace(): void {
    const started = (): void => {
      this.#failures = 0;
      this.#fill();
      this.#events.changed();
    };
    const failed = (err: WorkerStartError): void => {
      if (this.#events.needed()) {
        this.#parts.log.error({ err }, 'a worker could not be replaced; another try follows');
      }
    };
    void this.#hire().boot().then(started, failed);
  }
}
