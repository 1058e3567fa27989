import { Deadline } from '../extend/deadline.js';
import type { EntrypointContext } from '../extend/entrypoint.js';
import type { Extension } from '../extend/extension.js';
import type { Leadership } from '../extend/leadership.js';
import type { RefusedReason } from '../run/outcome.js';
import type { Schedule } from './schedule.js';
import type { TimerSpec } from './timer.js';

/** What a timer is made of. */
export interface TimerParts {
  readonly schedule: Schedule;
  /** Says which ticks are this instance's to run. Default: all are. */
  readonly leadership?: Leadership;
}

/** The main-side half of one `@Timer`. */
export class TimerEntrypoint implements Extension {
  readonly #context: EntrypointContext<TimerSpec>;
  readonly #spec: TimerSpec;
  readonly #schedule: Schedule;
  readonly #leadership: Leadership | undefined;
  /** Ends the waits between attempts when the service stops. */
  readonly #stopping = new AbortController();
  #running = 0;
  #hasResigned = false;
  #waiting: Date | undefined;

  constructor(context: EntrypointContext<TimerSpec>, { schedule, leadership }: TimerParts) {
    this.#context = context;
    this.#spec = context.route.entrypoint.options;
    this.#schedule = schedule;
    this.#leadership = leadership;
  }

  async setup(): Promise<void> {
    await this.#leadership?.setup?.();
  }

  start(): Promise<void> | void {
    this.#schedule.start((firedAt) => this.tick(firedAt));
    if (this.#leadership) return this.#leadership.start?.();
    if (this.#spec.eager) this.tick(new Date());
  }

  stop(deadline: Deadline): Promise<void> | void {
    this.#schedule.stop();
    this.#waiting = undefined;
    this.#stopping.abort();
    return this.#resignIfIdle(deadline);
  }

  /** A tick is due. */
  tick(firedAt: Date): void {
    const { overlap = 'skip' } = this.#spec;
    if (this.#stopping.signal.aborted) return;
    if (overlap === 'allow' || this.#running === 0) void this.#run(firedAt);
    else if (overlap === 'queue') this.#waiting ??= firedAt;
    else
      this.#context.log.debug(
        { route: this.#context.route.target },
        'a tick was skipped: the one before still runs',
      );
  }

  async #run(firedAt: Date): Promise<void> {
    this.#running += 1;
    if (!this.#leadership || (await this.#leadership.claim(firedAt))) await this.#attempts(firedAt);
    this.#running -= 1;
    const next = this.#waiting;
    this.#waiting = undefined;
    if (next) this.tick(next);
    if (this.#stopping.signal.aborted) await this.#resignIfIdle(Deadline.in(resignTimeout));
  }

  // A tick is worth nothing to anybody else, so its retries wait here, and end with the service.
  async #attempts(firedAt: Date): Promise<void> {
    let lastRetry: number | undefined;
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt++) {
      const ending = await this.#context.dispatch({
        input: firedAt,
        attempt,
        ...(lastRetry !== undefined && { lastRetry }),
      });
      if (ending.kind === 'requeue') this.#dropped(ending.reason);
      if (ending.kind !== 'retry') return;
      lastRetry = Date.now();
      await wait(ending.delay, this.#stopping.signal);
    }
  }

  /** Another instance may lead once it cannot run a tick beside one of ours, unless that is allowed. */
  async #resignIfIdle(deadline: Deadline): Promise<void> {
    if (this.#hasResigned || (this.#running > 0 && this.#spec.overlap !== 'allow')) return;
    this.#hasResigned = true;
    try {
      await this.#leadership?.stop?.(deadline);
    } catch (err) {
      this.#context.log.error(
        { err, route: this.#context.route.target },
        'the leadership was not handed over',
      );
    }
  }

  #dropped(reason: RefusedReason): void {
    if (reason === 'stopping') return;
    const { route, log } = this.#context;
    log.warn({ route: route.target, reason }, 'a tick was dropped: no worker could take it');
  }
}

/** Milliseconds to hand over when the last tick ends after the stop. */
const resignTimeout = 5_000;

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
