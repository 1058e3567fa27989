import { setImmediate as nextTurn } from 'node:timers/promises';
import { CallRefusedError, TaskTimedOutError } from '../errors/kernel-errors.js';
import { toWireError } from '../errors/wire-error.js';
import { Deadline } from '../extend/deadline.js';
import type { Eventual } from '../extend/eventual.js';
import type { HealthReport } from '../extend/health.js';
import type { Logger } from '../extend/logger.js';
import type { Ask, HandlerHost } from '../handle/handler-host.js';
import { type Call, infoOf } from '../run/call.js';
import type { Outcome } from '../run/outcome.js';
import type { AnswerQuestion } from './bridge.js';
import { type Executor, stopHooksTime } from './executor.js';
import { DueTimer } from './pool/due-timer.js';
import { Roster } from './roster.js';
import type { WorkerPlan } from './worker-plan.js';

interface Running {
  readonly call: Call;
  /** Where it stands in the roster; -1 once it has ended. */
  place: number;
  /** Told its outcome, where that is waited for. */
  settle: (outcome: Outcome) => void;
  /** When its time is over; once it is late, when it is given up. On the clock of `performance.now()`. */
  due: number;
  /** However it ends now, it is late. */
  late: Outcome | undefined;
}

/**
 * Runs handlers on the main loop, for tests, debuggers and handlers that only wait. It cannot end a handler: one that
 * outlives its deadline goes on unseen, and one that burns CPU stops everything.
 */
export class InlineExecutor implements Executor {
  readonly capacity: number;
  readonly #host: HandlerHost;
  readonly #log: Logger;
  readonly #grace: number;
  readonly #running = new Roster<Running>();
  readonly #timer = new DueTimer((now) => this.#overdue(now));
  #idle: (() => void) | undefined;
  #stopping: Promise<number> | undefined;
  /** No call is taken any more, not even an `onFailure`. */
  #closed = false;

  constructor(
    { max, tasksPerWorker, taskGrace }: WorkerPlan,
    answer: AnswerQuestion,
    log: Logger,
    createHost: (ask: Ask) => HandlerHost,
  ) {
    this.#log = log;
    this.capacity = max * tasksPerWorker;
    this.#grace = taskGrace;
    this.#host = createHost((dependency, request, callId) => {
      const call = callId === undefined ? undefined : this.#callOf(callId);
      return answer(dependency, request, call && infoOf(call));
    });
  }

  start(): Promise<void> {
    return this.#host.start();
  }

  execute(call: Call): Eventual<Outcome> {
    if (this.#stopping && (this.#closed || call.member !== 'onFailure'))
      return { kind: 'refused', reason: 'stopping' };
    const due = performance.now() + call.timeout;
    const running: Running = { call, place: -1, settle: () => {}, due, late: undefined };
    running.place = this.#running.add(running);
    this.#timer.expect(due);
    const outcome = this.#host.run(call);
    if (!(outcome instanceof Promise)) {
      this.#end(running, outcome);
      return outcome;
    }
    return new Promise((settle) => {
      running.settle = settle;
      void outcome.then((settled) => this.#end(running, settled));
    });
  }

  health(): HealthReport {
    return { status: 'up', details: { mode: 'inline', running: this.#running.size } };
  }

  stop(deadline: Deadline): Promise<number> {
    this.#stopping ??= this.#stop(deadline);
    return this.#stopping;
  }

  #callOf(id: string): Call | undefined {
    return this.#running.find(({ call }) => call.id === id)?.call;
  }

  #end(running: Running, outcome: Outcome): void {
    if (running.place === -1) return;
    this.#running.remove(running.place);
    running.place = -1;
    running.settle(running.late ?? outcome);
    if (this.#running.size === 0) this.#idle?.();
  }

  #overdue(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const running of this.#running.items()) {
      if (running.due <= now) this.#delay(running, now);
      next = Math.min(next, running.due);
    }
    return next;
  }

  /** Aborts a call; the next time, gives it up. */
  #delay(running: Running, now: number): void {
    const { call, late } = running;
    if (late) {
      running.due = Number.POSITIVE_INFINITY;
      this.#end(running, late);
    } else {
      const error = toWireError(new TaskTimedOutError(timedOut(call)));
      running.late = { kind: 'timed-out', error };
      running.due = now + this.#grace;
      this.#host.abort(call.id, error);
    }
  }

  async #stop(deadline: Deadline): Promise<number> {
    const inTime = await deadline.within(this.#untilIdle());
    this.#closed = true;
    const left = inTime ? 0 : this.#running.size;
    if (!inTime) {
      const error = toWireError(new CallRefusedError('the service stops and the call did not end in time'));
      for (const running of this.#running.items()) {
        this.#host.abort(running.call.id, error);
        this.#end(running, { kind: 'refused', reason: 'stopping' });
      }
    }
    this.#timer.clear();
    await this.#stopHost();
    return left;
  }

  async #untilIdle(): Promise<void> {
    do {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        if (this.#running.size === 0) resolve();
      });
      // What failed last may be followed by its `onFailure`.
      await nextTurn();
    } while (!this.#closed && this.#running.size > 0);
  }

  // Hooks of the user's: they may fail or hang, and the service stops all the same.
  async #stopHost(): Promise<void> {
    try {
      const inTime = await Deadline.in(stopHooksTime).within(this.#host.stop());
      if (!inTime) this.#log.error({ ms: stopHooksTime }, 'onWorkerStop did not end in time');
    } catch (err) {
      this.#log.error({ err }, 'onWorkerStop failed');
    }
  }
}

function timedOut({ target, id, timeout }: Call): string {
  return (
    `${target}: call ${id} took longer than its ${timeout} ms. ` +
    'Raise taskTimeout, or pass the signal of its CallContext to what it waits for.'
  );
}
