import type { Executor } from '../execute/executor.js';
import type { Deadline } from '../extend/deadline.js';
import type { Eventual } from '../extend/eventual.js';
import type { Logger } from '../extend/logger.js';
import type { Route } from '../route/route.js';
import type { Call } from './call.js';
import type { Ending } from './ending.js';
import { failureEnvelope } from './envelope.js';
import type { Failure, Outcome, RefusedReason } from './outcome.js';
import { defaultInterval, type NextStep, nextStep } from './retry-policy.js';
import type { RouteCounts } from './route-counts.js';

/** Where a route's calls run, for how long, and where they are counted. */
export interface RouteSeat {
  readonly route: Route;
  readonly executor: Executor;
  /** Milliseconds an attempt may run. */
  readonly timeout: number;
  readonly counts: RouteCounts;
}

/** A call and where it runs. */
export interface Attempt {
  readonly seat: RouteSeat;
  readonly call: Call;
}

/** What endings need of the dispatcher. */
export interface EndingsParts {
  readonly serviceName: string;
  readonly log: Logger;
  /** Runs a call and commits what it emitted. */
  execute(seat: RouteSeat, call: Call): Eventual<Outcome>;
}

/** Makes an ending of an outcome: counts it, decides by the retry policy, calls `onFailure`, tells the log. */
export class Endings {
  readonly #parts: EndingsParts;
  /** What is refused once it has passed was cut off; before, it was not begun. */
  #deadline: Deadline | undefined;

  constructor(parts: EndingsParts) {
    this.#parts = parts;
  }

  /** Calls that the stop refuses from this moment on were cut off, and are logged one by one. */
  cutOffAt(deadline: Deadline): void {
    this.#deadline = deadline;
  }

  /** Whether the stop cut off the call that ends so. */
  wasCutOff(ending: Ending): boolean {
    return ending.kind === 'requeue' && ending.reason === 'stopping' && this.#cutsOff();
  }

  /** The ending of an attempt; a promise of it only where it failed. */
  of(attempt: Attempt, outcome: Outcome): Eventual<Ending> {
    attempt.seat.counts.note(outcome);
    switch (outcome.kind) {
      case 'succeeded':
        return { kind: 'ack', value: outcome.value, filtered: false };
      case 'filtered':
        return { kind: 'ack', value: undefined, filtered: true };
      case 'refused':
        this.#logCutOff(attempt);
        return { kind: 'requeue', reason: outcome.reason };
      default:
        return this.#failed(attempt, outcome);
    }
  }

  async #failed(attempt: Attempt, outcome: Failure): Promise<Ending> {
    const { seat, call } = attempt;
    const { log } = this.#parts;
    const step = this.#decide(seat, call, outcome);
    const { error } = outcome;
    if (step.kind === 'retry') {
      log.warn({ ...failureFields(attempt, outcome), delay: step.delay }, 'a call failed and is tried again');
      seat.counts.retried += 1;
      return { kind: 'retry', delay: step.delay, attempt: call.attempt + 1, error, call: call.id };
    }
    const callback =
      step.kind === 'callback' ? failureEnvelope(this.#parts.serviceName, seat, { call, error }) : undefined;
    if (outcome.kind === 'rejected' && seat.route.entrypoint.definition.returns) {
      // Its caller is told, and any caller could fill the log.
      log.info({ ...callFields(attempt), reason: error.message }, 'a call was rejected: its input is bad');
    } else {
      log.error(
        {
          ...failureFields(attempt, outcome),
          onFailure: callback !== undefined,
          ...(callback && { onFailureCall: callback.id }),
        },
        'a call failed for good',
      );
    }
    const refused = callback && (await this.#callBack(attempt, callback));
    if (refused) return { kind: 'requeue', reason: refused };
    seat.counts.deadLettered += 1;
    return { kind: 'dead-letter', reason: outcome.kind, attempt: call.attempt, error, call: call.id };
  }

  #decide({ route }: RouteSeat, call: Call, outcome: Failure): NextStep {
    const policy = { backOff: route.backOff, hasOnFailure: route.onFailure !== undefined };
    try {
      return nextStep(outcome, policy, call.attempt);
    } catch (err) {
      this.#parts.log.error(
        { err, route: route.target, call: call.id },
        'the interval function of a back-off threw; the default interval is taken',
      );
      const backOff = { ...policy.backOff, interval: defaultInterval };
      return nextStep(outcome, { ...policy, backOff }, call.attempt);
    }
  }

  /** Runs `onFailure`, once. Its own failure is logged: the message is in the dead letters either way. */
  async #callBack({ seat, call }: Attempt, callback: Call): Promise<RefusedReason | undefined> {
    const outcome = await this.#parts.execute(seat, callback);
    // Handed back whole: the attempt is made again, and then its callback.
    if (outcome.kind === 'refused') {
      this.#parts.log.warn(
        { ...callFields({ seat, call: callback }), failedCall: call.id, reason: outcome.reason },
        'onFailure was not called, so the failed call is handed back',
      );
      return outcome.reason;
    }
    if ('error' in outcome) {
      this.#parts.log.error(
        { ...callFields({ seat, call: callback }), failedCall: call.id, err: outcome.error },
        'onFailure failed',
      );
    }
    return undefined;
  }

  #cutsOff(): boolean {
    // A timer may fire a fraction of a millisecond early.
    return this.#deadline !== undefined && this.#deadline.remaining <= 1;
  }

  #logCutOff(attempt: Attempt): void {
    if (!this.#cutsOff()) return;
    this.#parts.log.warn(callFields(attempt), 'the stop cut off a call at its deadline');
  }
}

/** The ending of what is not begun because the service stops. */
export const stopping: Ending = { kind: 'requeue', reason: 'stopping' };

/** What every line about a call tells, so that it is found by any of it. */
function callFields({ seat, call }: Attempt): object {
  const { messageId } = call;
  return {
    route: seat.route.target,
    call: call.id,
    // Its own id is in it, too: alone it tells nothing more.
    ...(call.callIdStack.length > 1 && { callIdStack: call.callIdStack }),
    ...(messageId !== undefined && { messageId }),
  };
}

function failureFields(attempt: Attempt, { kind, error }: Failure): object {
  return { ...callFields(attempt), attempt: attempt.call.attempt, outcome: kind, err: error };
}
