import type { DependencyToken } from '../declare/token.js';
import { StoppedWhileStartingError } from '../errors/kernel-errors.js';
import { type HealthPart, type HealthStatus, worstHealth } from '../extend/health.js';
import type { Logger } from '../extend/logger.js';
import { Assembly, type ServiceParts } from './assembly.js';
import type { RouteCounts } from './route-counts.js';

/**
 * Where a runner is. `idle` before the start; `starting` until every entrypoint runs; `running`; `draining` from a stop
 * on, until calls in flight have ended; `stopped`. `failed` when the start, or an extension later, could not go on: all
 * is stopped then, too.
 */
export type RunnerState = 'idle' | 'starting' | 'running' | 'draining' | 'stopped' | 'failed';

/** A route as a runner shows it. */
export interface RunningRoute {
  readonly id: string;
  /** `Class.method`, or the function's name. */
  readonly target: string;
  /** The entrypoint's kind: `Timer`, `EventListener`. */
  readonly entrypoint: string;
  readonly counts: Readonly<RouteCounts>;
}

/** How a running service is. Plain data, without secrets. */
export interface ServiceHealth {
  /** The worst of the parts; `down` while the runner does not run. Ready for traffic: anything but `down`. */
  readonly status: HealthStatus;
  readonly state: RunnerState;
  /** What connects, listens and publishes, and the workers of each module that has its own. */
  readonly parts: readonly HealthPart[];
}

/** A running service. Made by `bootstrap`. */
export class Runner {
  readonly #log: Logger;
  readonly #shutdownTimeout: number;
  readonly #assembly: Assembly;
  readonly #stopping = new AbortController();
  #state: RunnerState = 'idle';
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #failure: Error | undefined;
  #unfinished = 0;
  /** The step of the start that is under way, or the last one. */
  #step: Promise<unknown> | undefined;

  /** @internal Resolves when all is stopped, after a stop or a failure. */
  readonly ended: Promise<void>;
  #end: () => void = () => {};

  /** @internal */
  constructor(parts: ServiceParts) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#log = parts.log;
    this.#shutdownTimeout = parts.config.shutdownTimeout;
    this.#assembly = new Assembly(parts, {
      stopping: this.#stopping.signal,
      fail: (error) => this.#fail(error),
    });
  }

  /** Where the runner is now. */
  get state(): RunnerState {
    return this.#state;
  }

  /** The routes in the order they were declared, with counts since the start. */
  get routes(): readonly RunningRoute[] {
    return this.#assembly.seats.map(({ route: { id, target, entrypoint }, counts }) => ({
      id,
      target,
      entrypoint: entrypoint.definition.kind,
      counts,
    }));
  }

  /**
   * A dependency for code outside of handlers, such as a web server in the same process: `runner.get(Producer)`. It has
   * no call: what it publishes goes out at once. Throws a `DependencyUnknownError` for one that no handler injects and
   * no module lists in its `providers`.
   */
  get<T>(token: DependencyToken<T>): T {
    return this.#assembly.get(token);
  }

  /** What made the runner fail, if anything did. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Calls that a stop had to cut off at its deadline; what triggered them was handed back. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /**
   * How the service is at this moment: the connections to the broker, each listener, the workers. Cheap, and safe to show.
   *
   * @example
   * ```ts
   * import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
   *
   * createServer((_: IncomingMessage, response: ServerResponse) => {
   *   const health = runner.health();
   *   response.writeHead(health.status === 'down' ? 503 : 200).end(JSON.stringify(health));
   * }).listen(8080, '127.0.0.1');
   * ```
   */
  health(): ServiceHealth {
    const parts = this.#assembly.health();
    const status = this.#state === 'running' ? worstHealth(parts.map((part) => part.status)) : 'down';
    return { status, state: this.#state, parts };
  }

  /** @internal Starts once; rejects with what failed, after all was stopped again. */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Stops taking work, lets calls in flight end within `timeout` milliseconds (default: the setting
   * `shutdownTimeout`), hands back what is left, closes everything. Resolves when nothing of the service is left. A
   * second call waits for the first.
   */
  stop(timeout: number = this.#shutdownTimeout): Promise<void> {
    this.#stopped ??= this.#stop(timeout, 'stopped');
    return this.#stopped;
  }

  /** @internal The process ends at once, by a second signal: writes down what that cuts off. */
  abandon(signal: string): void {
    const calls = this.#assembly.inFlight;
    this.#log.error({ signal, calls }, `second ${signal}: ending at once, ${calls} calls cut off`);
  }

  /** @internal A signal came right after the first and changes nothing: says what does. */
  noteEcho(signal: string): void {
    this.#log.info(
      { signal },
      `${signal} again within a second: taken for an echo of the first; send it once more to end at once`,
    );
  }

  async #start(): Promise<void> {
    this.#enter('starting');
    try {
      await this.#inSteps(this.#assembly.startSteps);
    } catch (error) {
      const reason = this.#stopped ? stoppedBefore(error) : error;
      if (!this.#stopped) {
        this.#failure = error as Error;
        this.#log.fatal({ err: error }, 'the service cannot start');
        this.#stopped = this.#stop(0, 'failed');
      }
      await this.#stopped;
      // What an extension reported is the reason, whatever its failure led to.
      throw this.#failure ?? reason;
    }
    this.#enter('running');
    this.#log.info({ routes: this.#assembly.seats.length }, 'service started');
  }

  /** A stop that comes meanwhile ends the start after the step that is under way. */
  async #inSteps(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
    for (const step of steps) {
      this.#step = step();
      await this.#step;
      if (this.#stopped) throw stoppedBefore();
    }
  }

  async #stop(timeout: number, end: 'stopped' | 'failed'): Promise<void> {
    const before = this.#state;
    this.#enter('draining');
    this.#stopping.abort();
    this.#assembly.drain();
    const calls = this.#assembly.inFlight;
    // A start that failed has told why, and has nothing to drain.
    if (before !== 'starting' || end === 'stopped')
      this.#log.info({ calls }, 'draining: no new calls are taken, those in flight may end');
    this.#unfinished = await this.#assembly.stop(timeout, this.#step);
    this.#enter(this.#failure ? 'failed' : end);
    if (this.#unfinished > 0) {
      this.#log.warn(
        { calls: this.#unfinished },
        'the stop cut off calls at its deadline and handed them back',
      );
    }
    this.#log.info({ state: this.#state }, 'service stopped');
    this.#end();
  }

  /** An extension cannot go on, so the service cannot. */
  #fail(error: Error): void {
    if (this.#failure || this.#state === 'stopped') return;
    this.#failure = error;
    this.#log.fatal({ err: error }, 'the service cannot go on and stops');
    this.#stopped ??= this.#stop(this.#shutdownTimeout, 'failed');
  }

  #enter(next: RunnerState): void {
    this.#log.debug({ from: this.#state, to: next }, 'runner state');
    this.#state = next;
  }
}

function stoppedBefore(cause?: unknown): StoppedWhileStartingError {
  if (cause instanceof StoppedWhileStartingError) return cause;
  const options = cause === undefined ? undefined : { cause };
  return new StoppedWhileStartingError('the service was stopped before it was started', options);
}
