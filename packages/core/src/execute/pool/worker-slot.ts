import { toWireError, type WireError } from '../../errors/wire-error.js';
import { Deadline } from '../../extend/deadline.js';
import type { Logger } from '../../extend/logger.js';
import type { Call } from '../../run/call.js';
import { type AnswerQuestion, reply } from '../bridge.js';
import { stopHooksTime } from '../executor.js';
import { openLink } from '../link/open-link.js';
import type { WorkerEnd, WorkerLink } from '../link/worker-link.js';
import { unpackOutcome } from '../packed.js';
import { type Batch, type BootAnswer, type FromWorker, isOutcome } from '../protocol.js';
import type { WorkerInit } from '../worker-init.js';
import type { WorkerPlan } from '../worker-plan.js';
import { Flights } from './flights.js';
import type { Pending } from './pending.js';
import { Tenure } from './tenure.js';
import { isAtFault, unsendable } from './unsendable.js';
import { causeOf, crashOf, howItDied, type Killing, startErrorOf } from './worker-death.js';

/** What every worker of a context is made with. */
export interface SlotParts {
  readonly plan: WorkerPlan;
  readonly init: WorkerInit;
  readonly answer: AnswerQuestion;
  readonly log: Logger;
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

/**
 * `booting` until the service is loaded; `ready` for calls; `retiring` from its last call on, while it stops; `ended`
 * when it is gone, from any.
 */
export type SlotState = 'booting' | 'ready' | 'retiring' | 'ended';

// A stop in order takes no longer than this once the stop hooks have run; and this long an ended worker may linger in
// a native call before its calls are given up.
const closingTime = 2_000;
const killTime = 1_000;
const unknownEnd: WorkerEnd = { code: null, signal: null, error: undefined };

/** One worker for one life: its calls, their deadlines, its end. */
export class WorkerSlot {
  /** Resolves when the worker is gone. */
  readonly gone: Promise<void>;
  readonly #parts: SlotParts;
  readonly #events: SlotEvents;
  readonly #flights: Flights;
  readonly #tenure: Tenure;
  #leave: () => void = () => {};
  #link: WorkerLink | undefined;
  #state: SlotState = 'booting';
  #retired = false;
  #booted: { resolve(): void; reject(error: Error): void } | undefined;
  #outgoing: Pending[] = [];
  #lastWords: WireError | undefined;
  /** The last call it began, known once it is about to end. */
  #begun: number | undefined;
  #killed: Killing | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: SlotParts, events: SlotEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#tenure = new Tenure(parts.plan.maxTasksPerChild);
    this.gone = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.#flights = new Flights(parts.plan.taskGrace, {
      late: (call, reason) => this.#link?.post({ mf: 'cancel', callId: call.id, reason }),
      overrun: (call) => this.kill(`was ended because call ${call.id} of ${call.target} took too long in it`),
    });
  }

  get state(): SlotState {
    return this.#state;
  }

  /** Calls it has. */
  get load(): number {
    return this.#flights.size + this.#outgoing.length;
  }

  /** Calls it can take now. */
  get room(): number {
    if (this.#state !== 'ready' || !this.#link?.alive) return 0;
    return Math.min(this.#parts.plan.tasksPerWorker - this.load, this.#tenure.left);
  }

  /** It takes no more calls: it had as many as a worker may have, or is on its way out. */
  get spent(): boolean {
    return this.#tenure.over || this.#state === 'retiring';
  }

  /** It was sent home, with nothing left to do: it did not die. */
  get retired(): boolean {
    return this.#retired;
  }

  /** It will be spent by the time another could be ready. */
  get nearlySpent(): boolean {
    return this.#state === 'ready' && this.#tenure.nearlyOver;
  }

  /** It died early and without a call: another would die the same way. */
  get barren(): boolean {
    return this.#tenure.barren;
  }

  /** Starts the worker and loads the service. Rejects with a `WorkerStartError`. */
  boot(): Promise<void> {
    const { plan, init } = this.#parts;
    this.#tenure.begin();
    return new Promise((resolve, reject) => {
      this.#booted = { resolve, reject };
      try {
        this.#link = openLink(plan, {
          message: (message) => this.#hear(message),
          broken: (error) => this.#broken(error),
          ended: (end) => this.#end(end),
        });
        this.#timer = setTimeout(() => {
          this.kill(`was not ready within ${plan.startTimeout} ms (workerStartTimeout)`);
        }, plan.startTimeout);
        this.#link.boot(init).then(
          (answer) => this.#ready(answer),
          (error) => this.kill('could not be started', toWireError(error)),
        );
      } catch (error) {
        // Such as: threads cannot have threads of this kind, nor processes.
        this.#killed = { why: 'could not be started', cause: toWireError(error) };
        this.#end(unknownEnd);
      }
    });
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
    this.#link?.run(batch).catch((cause) => this.#notSent(batch, cause));
  }

  /** Lets the worker run its stop hooks and ends it in order; by force where that takes too long. Without calls only. */
  async retire(): Promise<void> {
    if (this.#state === 'booting') this.kill('was stopped before it was ready');
    if (this.#state !== 'ready' || !this.#link) return this.gone;
    this.#enter('retiring');
    this.#retired = true;
    const { log } = this.#parts;
    try {
      const stopped = Promise.race([this.#link.stop(), this.gone]);
      const inTime = await Deadline.in(stopHooksTime).within(stopped);
      if (!inTime) log.error({ ms: stopHooksTime }, 'onWorkerStop did not end in time');
    } catch (err) {
      log.error({ err }, 'onWorkerStop failed');
    }
    if (!this.#isGone()) {
      this.#timer = setTimeout(() => this.kill('did not stop in time'), closingTime);
      // Its rejections say that the worker is gone already.
      this.#link.close().catch(() => {});
    }
    return this.gone;
  }

  /** Ends the worker with what it has at hand; those calls are handed back. Returns their number. */
  cutOff(): number {
    const left = this.load;
    if (left > 0) {
      this.#flights.endAll(() => ({ kind: 'refused', reason: 'stopping' }));
      if (this.#state === 'ready') this.#enter('retiring');
      this.kill('was ended because the service stops');
    }
    return left;
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

  #ready(answer: BootAnswer): void {
    if (this.#state !== 'booting' || this.#killed) return;
    clearTimeout(this.#timer);
    if (answer.ok) {
      this.#tenure.ready();
      this.#enter('ready');
      this.#booted?.resolve();
    } else {
      this.kill('could not load the service', answer.error);
    }
  }

  #hear(message: FromWorker): void {
    try {
      this.#receive(message);
    } catch (error) {
      this.#broken(error);
    }
  }

  /** Nothing it says can be trusted any more, its calls' outcomes least of all. */
  #broken(error: unknown): void {
    this.kill('sent a message that makes no sense', toWireError(error));
  }

  #receive(message: FromWorker): void {
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
        const call = message.callId === undefined ? undefined : this.#flights.callOf(message.callId);
        void reply(message, call, this.#parts.answer, (answer) => this.#link?.post(answer));
        return;
      }
      case 'last-words':
        this.#lastWords = message.error;
        return;
      case 'exiting':
        if (!Number.isSafeInteger(message.begun)) throw new TypeError('the number of a call is malformed');
        this.#begun = message.begun;
        return;
    }
  }

  // Most likely one call of the batch cannot be cloned. Nothing was sent: each by itself, so that the others are unharmed.
  #notSent({ first, calls, at }: Batch, cause: unknown): void {
    if (!this.#link?.alive) return; // not the calls' fault; they end with the worker
    for (const [index, call] of calls.entries()) {
      const number = first + index;
      if (calls.length === 1) this.#unsendable(number, call, cause);
      else
        this.#link
          ?.run({ first: number, calls: [call], at })
          .catch((its) => this.#unsendable(number, call, its));
    }
  }

  #unsendable(number: number, call: Call, cause: unknown): void {
    if (!isAtFault(call, cause)) {
      // Then it is not the call: a handler has sent something that broke the line.
      this.#broken(cause);
      return;
    }
    this.#flights.end(number, unsendable(call, cause));
    this.#events.settled(this);
  }

  #end(end: WorkerEnd): void {
    if (this.#isGone()) return;
    const death = { end, lastWords: this.#lastWords, killed: this.#killed };
    clearTimeout(this.#timer);
    const before = this.#state;
    this.#enter('ended');
    const unbegun = this.#unbegun();
    if (before === 'booting') {
      this.#booted?.reject(startErrorOf(this.#parts, death));
    } else if (before === 'ready') {
      const fields = { err: causeOf(death), calls: this.load, reason: howItDied(death) };
      this.#parts.log.warn(fields, 'a worker died');
    }
    this.#flights.endAll((call) => ({ kind: 'crashed', error: crashOf(call, death) }));
    this.#leave();
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

  #isGone(): boolean {
    return this.#state === 'ended';
  }

  #enter(next: SlotState): void {
    this.#parts.log.debug({ from: this.#state, to: next }, 'worker state');
    this.#state = next;
  }
}
