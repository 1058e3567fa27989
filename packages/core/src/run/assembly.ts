import type { Config } from '../config/config.js';
import type { DependencyToken } from '../declare/token.js';
import type { AnswerQuestion } from '../execute/bridge.js';
import type { Executor } from '../execute/executor.js';
import { Deadline } from '../extend/deadline.js';
import type { DependencyMain } from '../extend/dependency.js';
import type { EntrypointContext } from '../extend/entrypoint.js';
import type { ExtensionContext } from '../extend/extension.js';
import type { HealthPart } from '../extend/health.js';
import type { Logger } from '../extend/logger.js';
import type { Route } from '../route/route.js';
import type { RouteTable } from '../route/route-table.js';
import { answerFrom, commitTo } from './commit.js';
import { DependencyValues } from './dependency-values.js';
import { Dispatcher, type RouteSeat } from './dispatcher.js';
import { ExtensionSet, SharedExtensions } from './extension-set.js';
import { RouteCounts } from './route-counts.js';

/** What a running service is made of. */
export interface ServiceParts {
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

/** Extensions, workers and the calls between them, and the order in which they come and go. Knows no states. */
export class Assembly {
  /** The routes in the order they were declared. */
  readonly seats: readonly RouteSeat[];
  readonly #parts: ServiceParts;
  readonly #control: Pick<ExtensionContext, 'stopping' | 'fail'>;
  readonly #shared: SharedExtensions;
  readonly #dependencies: ExtensionSet;
  readonly #entrypoints: ExtensionSet;
  readonly #mains = new Map<string, DependencyMain>();
  readonly #values: DependencyValues;
  readonly #executors: readonly Executor[];
  readonly #dispatcher: Dispatcher;

  /** @param control - what extensions are given of the runner */
  constructor(parts: ServiceParts, control: Pick<ExtensionContext, 'stopping' | 'fail'>) {
    const { table, config, log } = parts;
    this.#parts = parts;
    this.#control = control;
    this.#shared = new SharedExtensions(log);
    this.#dependencies = new ExtensionSet(log);
    this.#entrypoints = new ExtensionSet(log);
    this.#dispatcher = new Dispatcher(config.serviceName, commitTo(this.#mains), log);
    this.#values = new DependencyValues({ config, log, mains: this.#mains });
    const answer = answerFrom(this.#mains);
    this.#executors = table.contexts.map(({ index }) => parts.createExecutor(index, answer));
    this.seats = table.routes.map((route) => ({
      route,
      executor: this.#executors[route.context] as Executor,
      timeout: parts.timeoutOf(route),
      counts: new RouteCounts(),
    }));
  }

  /** Calls that have not ended. */
  get inFlight(): number {
    return this.#dispatcher.inFlight;
  }

  /** A dependency for code outside of handlers. */
  get<T>(token: DependencyToken<T>): T {
    return this.#values.get(token);
  }

  /** What connects, listens and publishes, then the workers. */
  health(): HealthPart[] {
    const workers = this.#parts.table.contexts.map(({ index, name }) => ({
      name: `workers of ${name}`,
      ...(this.#executors[index] as Executor).health(),
    }));
    const extensions = [this.#shared, this.#dependencies, this.#entrypoints];
    return [...extensions.flatMap((set) => set.health()), ...workers];
  }

  /** The start, step by step. Workers start when all is set up, and work is taken when they are there. */
  get startSteps(): readonly (() => Promise<unknown>)[] {
    return [
      () => this.#create(),
      () => this.#shared.setup(),
      () => this.#dependencies.setup(),
      () => this.#entrypoints.setup(),
      () => Promise.all(this.#executors.map((executor) => executor.start())),
      () => this.#shared.start(),
      () => this.#dependencies.start(),
      () => this.#entrypoints.start(),
    ];
  }

  /** Takes no new calls from here on. */
  drain(): void {
    this.#dispatcher.drain();
    for (const set of [this.#shared, this.#dependencies, this.#entrypoints]) set.close();
  }

  /**
   * Lets calls in flight end within `timeout` milliseconds, hands back what is left, closes everything. Resolves with the
   * number of calls that were cut off.
   *
   * @param step - the step of the start that is under way, or the last one
   */
  async stop(timeout: number, step: Promise<unknown> | undefined): Promise<number> {
    // What is being set up is stopped when it is there; a setup that hangs is not waited for any longer than this.
    await Deadline.in(Math.min(timeout, closingTime)).within(Promise.allSettled([step]));
    const deadline = Deadline.in(timeout);
    this.#dispatcher.cutOffAt(deadline);
    await this.#entrypoints.stop(Deadline.in(Math.max(timeout, closingTime)));
    const cutOff = await Promise.all(
      this.#executors.map((executor) => this.#stopExecutor(executor, deadline)),
    );
    const closing = Deadline.in(Math.max(deadline.remaining, closingTime));
    const unsettled = await this.#drained(closing);
    await this.#values.stop(closing);
    await this.#dependencies.stop(closing);
    await this.#shared.stop(closing);
    return cutOff.reduce((sum, count) => sum + count, unsettled);
  }

  /** Resolves with the number of calls that were not settled at the deadline, without those that were cut off before. */
  async #drained(closing: Deadline): Promise<number> {
    if (await closing.within(this.#dispatcher.drained())) return 0;
    const calls = this.#dispatcher.inFlight;
    this.#parts.log.error({ calls }, 'calls ended, but what triggered them was not settled');
    return this.#dispatcher.unsettled;
  }

  async #stopExecutor(executor: Executor, deadline: Deadline): Promise<number> {
    try {
      return await executor.stop(deadline);
    } catch (err) {
      this.#parts.log.error({ err }, 'workers failed to stop');
      return 0;
    }
  }

  async #create(): Promise<void> {
    const context = this.#extensionContext();
    for (const definition of this.#parts.table.dependencies) {
      if (this.#control.stopping.aborted) return;
      const main = await definition.main?.(context);
      if (!main) continue;
      this.#mains.set(definition.name, main);
      this.#dependencies.add(definition.name, main);
    }
    for (const seat of this.seats) {
      if (this.#control.stopping.aborted) return;
      const { definition } = seat.route.entrypoint;
      const entrypoint = await definition.create(this.#entrypointContext(seat));
      this.#entrypoints.add(`${definition.kind} of ${seat.route.target}`, entrypoint);
    }
  }

  #extensionContext(): ExtensionContext {
    const context: ExtensionContext = {
      config: this.#parts.config,
      log: this.#parts.log,
      shared: (definition) => this.#shared.get(definition, context),
      ...this.#control,
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
}
