import { type AnswerQuestion, reply } from '../bridge.js';
import { packBatch, unpackOutcome } from '../packed.js';
import { type Batch, isOutcome, isQuestion } from '../protocol.js';
import { Flights } from './flights.js';
import type { Pending } from './pending.js';
import { Tenure } from './tenure.js';
import { unsendable } from './unsendable.js';
import { causeOf, crashOf, type Death, howItDied } from './worker-death.js';
import { type FromHandlers, type LifeParts, type LifeState, WorkerLife } from './worker-life.js';

/** What every worker of a context is made with. */
export interface SlotParts extends LifeParts {
  readonly answer: AnswerQuestion;
}

/** What a slot tells its crew. */
export interface SlotEvents {
  /** Calls have ended: there may be room. */
  settled(slot: WorkerSlot): void;
  /** The worker died before it began these calls: they are another's to run. Told before `ended`. */
  unbegun(calls: readonly Pending[]): void;
  /** The worker is gone, and every call it had has ended. Once. */
  ended(slot: WorkerSlot): void;
}

/** The calls of one worker, and their deadlines. */
export class WorkerSlot {
  readonly #parts: SlotParts;
  readonly #events: SlotEvents;
  readonly #life: WorkerLife;
  readonly #flights: Flights;
  readonly #tenure: Tenure;
  #retired = false;
  #outgoing: Pending[] = [];
  /** The last call it began, known once it is about to end. */
  #begun: number | undefined;

  constructor(parts: SlotParts, events: SlotEvents) {
    const { plan } = parts;
    this.#parts = parts;
    this.#events = events;
    this.#tenure = new Tenure(plan.maxTasksPerChild);
    this.#life = new WorkerLife(parts, {
      message: (message) => this.#receive(message),
      ended: (death, before) => this.#ended(death, before),
    });
    this.#flights = new Flights(plan.taskGrace, {
      late: (call, reason) => this.#life.post({ mf: 'cancel', callId: call.id, reason }),
      overrun: ({ id, target }) =>
        this.#life.kill(`was ended because call ${id} of ${target} took too long in it`),
    });
  }

  get state(): LifeState {
    return this.#life.state;
  }

  /** Calls it has. */
  get load(): number {
    return this.#flights.size + this.#outgoing.length;
  }

  /** Calls it can take now. */
  get room(): number {
    if (this.state !== 'ready' || !this.#life.alive) return 0;
    return Math.min(this.#parts.plan.tasksPerWorker - this.load, this.#tenure.left);
  }

  /** It takes no more calls: it had as many as a worker may have, or is on its way out. */
  get spent(): boolean {
    return this.#tenure.over || this.state === 'retiring';
  }

  /** It was sent home, with nothing left to do: it did not die. */
  get retired(): boolean {
    return this.#retired;
  }

  /** It will be spent by the time another could be ready. */
  get nearlySpent(): boolean {
    return this.state === 'ready' && this.#tenure.nearlyOver;
  }

  /** It died early and without a call: another would die the same way. */
  get barren(): boolean {
    return this.#tenure.barren;
  }

  /** Starts the worker and loads the service. Rejects with a `WorkerStartError`. */
  async boot(): Promise<void> {
    this.#tenure.begin();
    await this.#life.boot();
    this.#tenure.ready();
  }

  /** Takes a call; `flush` sends it. */
  take(pending: Pending): void {
    this.#outgoing.push(pending);
    this.#tenure.serve();
  }

  /** Sends what was taken, in one message. */
  flush(): void {
    if (this.#outgoing.length === 0) return;
    const batch = this.#flights.begin(this.#outgoing);
    this.#outgoing = [];
    try {
      this.#send(batch);
    } catch {
      this.#sendOneByOne(batch);
    }
  }

  /** Sends the worker home, which has no calls any more; resolves when it is gone. */
  retire(): Promise<void> {
    if (this.state === 'ready') this.#retired = true;
    return this.#life.stop();
  }

  /** Ends the worker with what it has at hand; those calls are handed back. Returns their number. */
  cutOff(): number {
    const left = this.load;
    if (left > 0) {
      this.#flights.endAll(() => ({ kind: 'refused', reason: 'stopping' }));
      this.#life.retire();
      this.#life.kill('was ended because the service stops');
    }
    return left;
  }

  #send(batch: Batch): void {
    this.#life.post({ mf: 'run', ...packBatch(batch) });
  }

  #receive(message: FromHandlers): void {
    switch (message.mf) {
      case 'outcomes':
        if (!message.outcomes.map(unpackOutcome).every(isOutcome))
          throw new TypeError('an outcome is malformed');
        // Whoever emitted the event `exit` by hand, the worker goes on.
        this.#begun = undefined;
        for (const packed of message.outcomes) this.#flights.end(packed[0], unpackOutcome(packed));
        this.#events.settled(this);
        return;
      case 'question': {
        if (!isQuestion(message)) throw new TypeError('a question is malformed');
        const call = message.callId === undefined ? undefined : this.#flights.callOf(message.callId);
        void reply(message, call, this.#parts.answer, (answer) => this.#life.post(answer));
        return;
      }
      case 'exiting':
        if (!Number.isSafeInteger(message.begun)) throw new TypeError('the number of a call is malformed');
        this.#begun = message.begun;
        return;
    }
  }

  // Most likely one call of the batch cannot be cloned. Nothing was sent: each by itself, so that the others are unharmed.
  #sendOneByOne({ first, calls, at }: Batch): void {
    for (const [index, call] of calls.entries()) {
      const number = first + index;
      try {
        this.#send({ first: number, calls: [call], at });
      } catch (cause) {
        this.#flights.end(number, unsendable(call, cause));
        this.#events.settled(this);
      }
    }
  }

  #ended(death: Death, before: LifeState): void {
    const unbegun = this.#unbegun();
    if (before === 'ready') {
      const fields = { err: causeOf(death), calls: this.load, reason: howItDied(death) };
      this.#parts.log.warn(fields, 'a worker died');
    }
    this.#flights.endAll((call) => ({ kind: 'crashed', error: crashOf(call, death) }));
    if (unbegun.length > 0) this.#events.unbegun(unbegun);
    this.#events.ended(this);
  }

  /**
   * Takes out the calls that the worker surely had not begun. A worker that exits, also by an error that nothing caught,
   * says so; one that is killed, or out of memory, cannot: then any of its calls may have been the cause.
   */
  #unbegun(): readonly Pending[] {
    if (this.#begun === undefined) return [];
    const unbegun = this.#flights.takeUnbegun(this.#begun);
    this.#tenure.missed(unbegun.length);
    return unbegun;
  }
}
