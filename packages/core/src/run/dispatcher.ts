import { WorkerStartError } from '../errors/kernel-errors.js';
import { fromWireError, toWireError } from '../errors/wire-error.js';
import type { Deadline } from '../extend/deadline.js';
import { type Eventual, whenThere } from '../extend/eventual.js';
import type { Logger } from '../extend/logger.js';
import { handlerSignature } from '../handle/handler-signature.js';
import type { Signature } from '../rpc/signature/signature.js';
import { mayBeAnothersFault, outcomesOf } from './batch.js';
import { type Call, type CallRequest, infoOf } from './call.js';
import type { CommitEffects } from './commit.js';
import type { Ending } from './ending.js';
import { Endings, type RouteSeat, stopping } from './endings.js';
import { batchEnvelope, callOfMessage, envelope } from './envelope.js';
import type { Outcome } from './outcome.js';

export type { RouteSeat } from './endings.js';

/** Told of the ending of a call. */
type Settle = (ending: Ending) => Promise<void> | void;

/** Told of the ending of one message of a batch, by its place in it. */
type SettleMessage = (ending: Ending, index: number) => Promise<void> | void;

/** Turns what an entrypoint hands over into a call, and its outcome into an ending. Knows all calls in flight. */
export class Dispatcher {
  readonly #serviceName: string;
  readonly #commit: CommitEffects;
  readonly #log: Logger;
  readonly #endings: Endings;
  readonly #drained: (() => void)[] = [];
  #inFlight = 0;
  /** Of those in flight: whose cut off is being settled. */
  #cutOff = 0;
  #draining = false;

  constructor(serviceName: string, commit: CommitEffects, log: Logger) {
    this.#serviceName = serviceName;
    this.#commit = commit;
    this.#log = log;
    this.#endings = new Endings({ serviceName, log, execute: (seat, call) => this.#execute(seat, call) });
  }

  /** Runs one attempt and settles it; see `EntrypointContext.dispatch`. */
  dispatch(seat: RouteSeat, request: CallRequest, settle?: Settle): Eventual<Ending> {
    this.#inFlight += 1;
    const ending = this.#draining ? stopping : this.#attempt(seat, request);
    if (settle || ending instanceof Promise) return this.#settled(ending, settle);
    this.#ended();
    return ending;
  }

  /** Runs one attempt of several requests in one call; see `EntrypointContext.dispatchBatch`. */
  async dispatchBatch(
    seat: RouteSeat,
    requests: readonly CallRequest[],
    settle: SettleMessage = () => {},
  ): Promise<readonly Ending[]> {
    if (requests.length === 0) return [];
    this.#inFlight += 1;
    let cutOff = 0;
    const noteAndSettle: SettleMessage = (ending, index) => {
      if (this.#draining && cutOff === 0) cutOff = this.#noteCutOff(ending);
      return settle(ending, index);
    };
    try {
      return await this.#attemptBatch(seat, requests, noteAndSettle);
    } finally {
      this.#cutOff -= cutOff;
      this.#ended();
    }
  }

  /** What callers give a route's handler; a path target's worker is asked. Rejects when that one cannot tell. */
  async signature(seat: RouteSeat): Promise<Signature | undefined> {
    const { calls, target } = seat.route;
    if (calls.kind !== 'path') return handlerSignature(calls);
    const question: Call = {
      ...envelope(this.#serviceName, seat, { input: undefined }),
      member: 'signature',
    };
    const outcome = await seat.executor.execute(question);
    if (outcome.kind === 'succeeded') return outcome.value as Signature | undefined;
    const options = 'error' in outcome ? { cause: fromWireError(outcome.error) } : {};
    throw new WorkerStartError(`${target}: no worker could tell which parameters it has`, options);
  }

  /** Calls whose ending is not settled yet; a batch is one. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Of those, calls that no deadline cut off: they have ended, and only the settling is under way. */
  get unsettled(): number {
    return this.#inFlight - this.#cutOff;
  }

  /** From now on new calls are refused. */
  drain(): void {
    this.#draining = true;
  }

  /** Calls that the stop refuses from this moment on were cut off, and are logged one by one. */
  cutOffAt(deadline: Deadline): void {
    this.#endings.cutOffAt(deadline);
  }

  /** Resolves when no call is in flight, settled or given up by its entrypoint. */
  drained(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  async #settled(coming: Eventual<Ending>, settle: Settle | undefined): Promise<Ending> {
    let cutOff = 0;
    try {
      const ending = coming instanceof Promise ? await coming : coming;
      if (this.#draining) cutOff = this.#noteCutOff(ending);
      const settling = settle?.(ending);
      if (settling !== undefined) await settling;
      return ending;
    } finally {
      this.#cutOff -= cutOff;
      this.#ended();
    }
  }

  /** Returns what is to be taken off again when the call is settled. */
  #noteCutOff(ending: Ending): number {
    const cutOff = this.#endings.wasCutOff(ending) ? 1 : 0;
    this.#cutOff += cutOff;
    return cutOff;
  }

  #ended(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) for (const resolve of this.#drained.splice(0)) resolve();
  }

  #attempt(seat: RouteSeat, request: CallRequest): Eventual<Ending> {
    const call = envelope(this.#serviceName, seat, request);
    return whenThere(this.#execute(seat, call, request.gone), (outcome) =>
      this.#endings.of({ seat, call }, outcome),
    );
  }

  async #attemptBatch(
    seat: RouteSeat,
    requests: readonly CallRequest[],
    settle: SettleMessage,
  ): Promise<readonly Ending[]> {
    if (this.#draining)
      return settled(
        requests.map(() => stopping),
        settle,
      );
    const call = batchEnvelope(this.#serviceName, seat, requests);
    const outcome = await seat.executor.execute(call);
    if (mayBeAnothersFault(call, outcome)) {
      seat.counts.note(outcome);
      this.#logDivided(seat, call, outcome);
      const alone = requests.map((request, index) =>
        this.#attemptBatch(seat, [request], (ending) => settle(ending, index)),
      );
      return (await allOf(alone)).flat();
    }
    const outcomes = outcomesOf(call, outcome, await this.#committed(call, outcome));
    const endings = outcomes.map((own, index) => {
      const message = (call.batch ?? [])[index];
      return this.#endings.of({ seat, call: message ? callOfMessage(call, message) : call }, own);
    });
    return settled(endings, settle);
  }

  #execute(seat: RouteSeat, call: Call, gone?: AbortSignal): Eventual<Outcome> {
    return whenThere(seat.executor.execute(call, gone), (outcome) => this.#committed(call, outcome));
  }

  /** The outcome once what the handler emitted is out: if that fails, the call has not succeeded. */
  #committed(call: Call, outcome: Outcome): Eventual<Outcome> {
    if (outcome.kind !== 'succeeded' || outcome.effects.length === 0) return outcome;
    return this.#commit(outcome.effects, infoOf(call)).then(
      () => outcome,
      (error: unknown) => ({ kind: 'failed', error: toWireError(error), retryable: true }),
    );
  }

  #logDivided({ route }: RouteSeat, { id, batch = [] }: Call, outcome: Outcome): void {
    const err = 'error' in outcome ? outcome.error : undefined;
    this.#log.warn(
      { route: route.target, call: id, outcome: outcome.kind, err, messages: batch.length },
      'a batch failed as a whole; its messages are called one by one to find out which it was',
    );
  }
}

/** Settles each message when its ending is there, whatever becomes of the others. */
function settled(
  endings: readonly (Ending | Promise<Ending>)[],
  settle: SettleMessage,
): Promise<readonly Ending[]> {
  return allOf(
    endings.map(async (coming, index) => {
      const ending = await coming;
      await settle(ending, index);
      return ending;
    }),
  );
}

/** Waits for all of them, also when one fails; then throws the first error. */
async function allOf<T>(works: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}
