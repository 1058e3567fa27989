import { Config } from '../config/config.js';
import type { Settings } from '../config/kernel-settings.js';
import type { WorkerHook } from '../declare/module.js';
import type { Class } from '../declare/token.js';
import { WorkerStartError } from '../errors/kernel-errors.js';
import type { WireError } from '../errors/wire-error.js';
import { fromWireError, toWireError } from '../errors/wire-error.js';
import { Roster } from '../execute/roster.js';
import type { DependencyContext } from '../extend/dependency.js';
import { type Eventual, whenThere } from '../extend/eventual.js';
import type { Logger } from '../extend/logger.js';
import { createLogger } from '../log/create-logger.js';
import type { ModuleNode } from '../route/module-tree.js';
import type { RouteTable } from '../route/route-table.js';
import { scan } from '../route/scanner.js';
import type { Call } from '../run/call.js';
import type { Outcome } from '../run/outcome.js';
import { ActiveCall, runningCall } from './active-call.js';
import { type CallPlan, runPlan } from './call-plan.js';
import { DependencyWorkers } from './dependency-workers.js';
import type { Ask, HandlerHost } from './handler-host.js';
import { planCall } from './plan-call.js';
import { runBatch } from './run-batch.js';
import { WorkerContainer } from './worker-container.js';

/** What a host is made with. */
export interface HandlerHostOptions {
  /** Index of the context whose routes it runs. */
  readonly context: number;
  readonly settings: Settings;
  readonly ask: Ask;
}

/** Reads the module's marks and makes the host that runs its handlers. Throws what the scan throws. */
export function createHandlerHost(root: Class, options: HandlerHostOptions): HandlerHost {
  return new ServiceHost(scan(root), options);
}

class ServiceHost implements HandlerHost {
  readonly #table: RouteTable;
  readonly #context: number;
  readonly #config: Config;
  readonly #log: Logger;
  readonly #dependencies: DependencyWorkers;
  readonly #container: WorkerContainer;
  readonly #plans = new Map<string, CallPlan>();
  readonly #running = new Roster<ActiveCall>();
  /** Modules whose `onWorkerStart` has run, the last first. */
  readonly #started: ModuleNode[] = [];
  #stopped: Promise<void> | undefined;

  constructor(table: RouteTable, { context, settings, ask }: HandlerHostOptions) {
    this.#table = table;
    this.#context = context;
    this.#config = new Config(settings);
    this.#log = createLogger(settings, callBindings);
    this.#dependencies = new DependencyWorkers(table.dependencies, ({ name }) =>
      this.#dependencyContext(name, ask),
    );
    this.#container = new WorkerContainer(table, this.#dependencies);
  }

  async start(): Promise<void> {
    const own = this.#table.routes.filter((route) => route.context === this.#context);
    const failures: WorkerStartError[] = [];
    const parts = {
      container: this.#container,
      dependencies: this.#dependencies,
      providers: this.#table.providers,
      log: this.#log,
    };
    for (const route of own) {
      try {
        this.#plans.set(route.id, await planCall(route, parts));
      } catch (error) {
        if (!(error instanceof WorkerStartError)) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0) throw allOf(failures);
    for (const node of this.#modules()) {
      await this.#hook(node.mark.options.onWorkerStart);
      this.#started.unshift(node);
    }
    // After the hooks, which may register what services inject; now, so that one that cannot be made fails the start.
    for (const { services } of this.#plans.values()) {
      for (const service of services) this.#container.resolve(service);
    }
  }

  run(call: Call): Eventual<Outcome> {
    const plan = this.#plans.get(call.route);
    if (!plan) return unknownRoute(call.route);
    if (call.member === 'signature') return { kind: 'succeeded', value: plan.signature(), effects: [] };
    const active = new ActiveCall(call, plan.route.target);
    const place = this.#running.add(active);
    const run = call.batch ? runBatch : runPlan;
    const running = plan.ambient ? runningCall.run(active, run, plan, active, call) : run(plan, active, call);
    return whenThere(running, (outcome) => {
      this.#running.remove(place);
      return outcome;
    });
  }

  abort(callId: string, reason: WireError): void {
    const active = this.#running.find(({ context }) => context.id === callId);
    // Listeners of the signal belong to the call: what they log bears its id, what they ask is asked for it.
    if (active) runningCall.run(active, () => active.context.abort(fromWireError(reason)));
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  // Only what was started is stopped, and nobody's failure keeps the others from it.
  async #stop(): Promise<void> {
    const failures: unknown[] = [];
    const attempt = async (step: () => Promise<void>): Promise<void> => {
      await step().catch((error: unknown) => failures.push(error));
    };
    for (const { mark } of this.#started) await attempt(() => this.#hook(mark.options.onWorkerStop));
    for (const half of this.#dependencies.all()) await attempt(async () => half.stop?.());
    if (failures.length > 1) throw new AggregateError(failures, `${failures.length} hooks failed`);
    if (failures.length > 0) throw failures[0];
  }

  async #hook(hook: WorkerHook | undefined): Promise<void> {
    await hook?.({ config: this.#config, log: this.#log, container: this.#container.container });
  }

  // A context runs its own modules' hooks and those of the modules above them, such as the root's, the root first.
  #modules(): ModuleNode[] {
    const concerned = new Set<ModuleNode>();
    for (const node of this.#table.modules.filter(({ context }) => context === this.#context)) {
      for (let at: ModuleNode | undefined = node; at; at = at.parent) concerned.add(at);
    }
    return [...concerned].sort((a, b) => a.index - b.index);
  }

  #dependencyContext(name: string, ask: Ask): DependencyContext {
    return {
      config: this.#config,
      log: this.#log,
      ask: (request) => ask(name, request, runningCall.getStore()?.context.id),
      currentCall: () => runningCall.getStore(),
    };
  }
}

function callBindings(): object {
  const active = runningCall.getStore();
  if (!active) return {};
  const { id, callIdStack, messageId } = active.context;
  return {
    route: active.target,
    call: id,
    ...(callIdStack.length > 1 && { callIdStack }),
    ...(messageId !== undefined && { messageId }),
  };
}

/** One error of all the paths that lead nowhere, so that they can be mended at once. */
function allOf(failures: readonly WorkerStartError[]): WorkerStartError {
  const [first, ...others] = failures;
  if (first && others.length === 0) return first;
  const message = failures.map((failure, index) => `\n  ${index + 1}. ${failure.message}`).join('');
  return new WorkerStartError(`${failures.length} routes cannot be made ready:${message}`, { cause: first });
}

function unknownRoute(id: string): Outcome {
  const error = new Error(
    `the worker has no route ${id}: it loaded another version of the service than the main side`,
  );
  return { kind: 'failed', error: toWireError(error), retryable: true };
}
