import type { Config } from '../config/config.js';
import type { DependencyToken } from '../declare/token.js';
import { StoppedWhileStartingError } from '../errors/kernel-errors.js';
import type { AnswerQuestion } from '../execute/bridge.js';
import type { Executor } from '../execute/executor.js';
import { Deadline } from '../extend/deadline.js';
import type { DependencyMain } from '../extend/dependency.js';
import type { EntrypointContext } from '../extend/entrypoint.js';
import type { ExtensionContext } from '../extend/extension.js';
import { type HealthPart, type HealthStatus, worstHealth } from '../extend/health.js';
import type { Logger } from '../extend/logger.js';
import type { Route } from '../route/route.js';
import type { RouteTable } from '../route/route-table.js';
import { answerFrom, commitTo } from './commit.js';
import { DependencyValues } from './dependency-values.js';
import { Dispatcher, type RouteSeat } from './dispatcher.js';
import { ExtensionSet, SharedExtensions } from './extension-set.js';
import { RouteCounts } from './route-counts.js';

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

/** What a runner is made of. */
export interface RunnerParts {
  readonly table: RouteTable;
  readonly config: Config;
  readonly log: Logger;
  /** Makes the executor of a context. */
  createExecutor(context: number, answer: AnswerQuestion): Executor;
  /** Milliseconds an attempt of a route may run. */
  timeoutOf(route: Route): number;
}

// After the drain, connections still have to be closed in order.
const closingTime = 5_000;

/** A running service. Made by `bootstrap`. */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #log: Logger;
  readonly #shared: SharedExtensions;
  readonly #dependencies: ExtensionSet;
  readonly #entrypoints: ExtensionSet;
  readonly #mains = new Map<string, DependencyMain>();
  readonly #values: DependencyValues;
  readonly #executors: readonly Executor[];
  readonly #dispatcher: Dispatcher;
  readonly #seats: readonly RouteSeat[];
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
  constructor(parts: RunnerParts) {
    const { table, config, log } = parts;
    this.#parts = parts;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#log = log;
    this.#shared = new SharedExtensions(log);
    this.#dependencies = new ExtensionSet(log);
    this.#entrypoints = new ExtensionSet(log);
    this.#dispatcher = new Dispatcher(config.serviceName, commitTo(this.#mains), log);
    this.#values = new DependencyValues({ config, log, mains: this.#mains });
    const answer = answerFrom(this.#mains);
    this.#executors = table.contexts.map(({ index }) => parts.createExecutor(index, answer));
    this.#seats = table.routes.map((route) => ({
      route,
      executor: this.#executors[route.context] as Executor,
      timeout: parts.timeoutOf(route),
      counts: new RouteCounts(),
    }));
  }

  /** Where the runner is now. */
  get state(): RunnerState {
    return this.#state;
  }

  /** The routes in the order they were declared, with counts since the start. */
  get routes(): readonly RunningRoute[] {
    return this.#seats.map(({ route: { id, target, entrypoint }, counts }) => ({
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
    return this.#values.get(token);
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
    const workers = this.#parts.table.contexts.map(({ index, name }) => ({
      name: `workers of ${name}`,
      ...(this.#executors[index] as Executor).health(),
    }));
    const extensions = [this.#shared, this.#dependencies, this.#entrypoints];
    const parts = [...extensions.flatMap((set) => set.health()), ...workers];
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
  stop(timeout: number = this.#parts.config.shutdownTimeout): Promise<void> {
    this.#stopped ??= this.#stop(timeout, 'stopped');
    return this.#stopped;
  }

  /** @internal The process ends at once, by a second signal: writes down what that cuts off. */
  abandon(signal: string): void {
    const calls = this.#dispatcher.inFlight;
    this.#log.error({ signal, calls }, `second ${signal}: ending at once, ${calls} calls cut off`);
  }

  async #start(): Promise<void> {
    this.#enter('starting');
    try {
      await this.#inSteps([
        () => this.#create(),
        () => this.#shared.setup(),
        () => this.#dependencies.setup(),
        () => this.#entrypoints.setup(),
        () => Promise.all(this.#executors.map((executor) => executor.start())),
        () => this.#shared.start(),
        () => this.#dependencies.start(),
        () => this.#entrypoints.start(),
      ]);
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
    this.#log.info({ routes: this.#seats.length }, 'service started');
  }

  /** A stop that comes meanwhile ends the start after the step that is under way. */
  async #inSteps(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
    for (const step of steps) {
      this.#step = step();
      await this.#step;
      if (this.#stopped) throw stoppedBefore();
    }
  }

  async #create(): Promise<void> {
    const context = this.#extensionContext();
    for (const definition of this.#parts.table.dependencies) {
      if (this.#stopped) return;
      const main = await definition.main?.(context);
      if (!main) continue;
      this.#mains.set(definition.name, main);
      this.#dependencies.add(definition.name, main);
    }
    for (const seat of this.#seats) {
      if (this.#stopped) return;
      const { definition } = seat.route.entrypoint;
      const entrypoint = await definition.create(this.#entrypointContext(seat));
      this.#entrypoints.add(`${definition.kind} of ${seat.route.target}`, entrypoint);
    }
  }

  async #stop(timeout: number, end: 'stopped' | 'failed'): Promise<void> {
    this.#enter('draining');
    this.#stopping.abort();
    this.#dispatcher.drain();
    const calls = this.#dispatcher.inFlight;
    this.#log.info({ calls }, 'draining: no new calls are taken, those in flight may end');
    for (const set of [this.#shared, this.#dependencies, this.#entrypoints]) set.close();
    // What is being set up is stopped when it is there; a setup that hangs is not waited for any longer than this.
    await Deadline.in(Math.min(timeout, closingTime)).within(Promise.allSettled([this.#step]));
    const deadline = Deadline.in(timeout);
    this.#dispatcher.cutOffAt(deadline);
    await this.#entrypoints.stop(Deadline.in(Math.max(timeout, closingTime)));
    const cutOff = await Promise.all(
      this.#executors.map((executor) => this.#stopExecutor(executor, deadline)),
    );
    this.#unfinished = cutOff.reduce((sum, count) => sum + count, 0);
    const closing = Deadline.in(Math.max(deadline.remaining, closingTime));
    if (!(await closing.within(this.#dispatcher.drained()))) {
      this.#log.error(
        { calls: this.#dispatcher.inFlight },
        'calls ended, but what triggered them was not settled',
      );
      this.#unfinished += this.#dispatcher.inFlight;
    }
    await this.#values.stop();
    await this.#dependencies.stop(closing);
    await this.#shared.stop(closing);
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

  async #stopExecutor(executor: Executor, deadline: Deadline): Promise<number> {
    try {
      return await executor.stop(deadline);
    } catch (err) {
      this.#log.error({ err }, 'workers failed to stop');
      return 0;
    }
  }

  /** An extension cannot go on, so the service cannot. */
  #fail(error: Error): void {
    if (this.#failure || this.#state === 'stopped') return;
    this.#failure = error;
    this.#log.fatal({ err: error }, 'the service cannot go on and stops');
    this.#stopped ??= this.#stop(this.#parts.config.shutdownTimeout, 'failed');
  }

  #extensionContext(): ExtensionContext {
    const context: ExtensionContext = {
      config: this.#parts.config,
      log: this.#log,
      shared: (definition) => this.#shared.get(definition, context),
      stopping: this.#stopping.signal,
      fail: (error) => this.#fail(error),
    };
    return context;
  }

  #entrypointContext(seat: RouteSeat): EntrypointContext {
    return {
      ...this.#extensionContext(),
      route: seat.route,
      capacity: seat.executor.capacity,
      signature: () => this.#dispatcher.signature(seat),
      dispatch: (request, settle) => this.#dispatcher.dispatch(seat, request, settle),
      dispatchBatch: (requests, settle) => this.#dispatcher.dispatchBatch(seat, requests, settle),
    };
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
