import type { DependencyContainer } from 'tsyringe';
import type { Config } from '../config/config.js';
import type { Logger } from '../extend/logger.js';
import { callSite } from './call-site.js';
import type { FunctionRoute } from './function-route.js';
import { markModule } from './metadata.js';
import { registerModule } from './module-registry.js';
import { refuseStandardDecorators } from './standard-decorators.js';
import type { Class, DependencyToken, Token } from './token.js';

/** A module with its own workers is a context of its own: its long jobs never starve another module's short ones. */
export interface WorkersOptions {
  /** Where handlers run. Default: the option `workerMode` of `bootstrap`. */
  readonly mode?: WorkerMode;
  /** Number of workers. Default: `maxWorkers`. */
  readonly max?: number;
  /** Calls a worker runs at the same time. Default: `tasksPerWorker`. */
  readonly tasksPerWorker?: number;
  /** Calls after which a worker is replaced. Default: `maxTasksPerChild`. */
  readonly maxTasksPerChild?: number;
  /** Milliseconds a call may take. Default: `taskTimeout`. */
  readonly taskTimeout?: number;
  /** Heap limits of each worker, in MiB. Default: what Node gives. */
  readonly resourceLimits?: WorkerLimits;
  /** Environment variables of the workers, over those of the main process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** `inline` runs handlers on the main loop; `greedy_` modes finish their queue before they stop. */
export type WorkerMode = 'inline' | 'thread' | 'greedy_thread' | 'process' | 'greedy_process';

/** Heap limits in MiB, as in Node's worker_threads; a process gets those of them it has flags for. */
export interface WorkerLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
  readonly stackSizeMb?: number;
}

/**
 * A value or class of the user's own, injected by its token; or a dependency, to be set up although no handler injects
 * it, as `runner.get` needs it.
 */
export type Provider =
  | Class
  | DependencyToken
  | { readonly provide: Token; readonly useValue: unknown }
  | { readonly provide: Token; readonly useClass: Class }
  | {
      readonly provide: Token;
      /** Called once a worker, with its container. */
      readonly useFactory: (container: DependencyContainer) => unknown;
    };

/** What a worker's hooks are given. */
export interface WorkerHookContext {
  readonly config: Config;
  readonly log: Logger;
  /** The worker's container: what the module provides can be resolved here. */
  readonly container: DependencyContainer;
}

/** A function run in every worker of a module: before its first call, or after its last. */
export type WorkerHook = (context: WorkerHookContext) => unknown;

/** What a module is made of. */
export interface ModuleOptions {
  /** Classes with `@Service()`. */
  readonly services?: readonly Class[];
  /** Functions, and targets by path, made by `route()`. */
  readonly routes?: readonly FunctionRoute[];
  /** Modules whose services are started too. */
  readonly imports?: readonly Class[];
  /** Values and classes to inject, one instance a worker. */
  readonly providers?: readonly Provider[];
  /** Own workers for this module; without, it shares those of the module that imports it. */
  readonly workers?: WorkersOptions;
  /** `import.meta.url`, only where the file cannot be found by itself (`data:` URLs). */
  readonly url?: string;
  /** Runs in every worker before its services are made. If it throws, the worker does not start. */
  readonly onWorkerStart?: WorkerHook;
  /** Runs in every worker after its last call, unless the worker was killed. */
  readonly onWorkerStop?: WorkerHook;
}

/**
 * Marks a class as a module: what `bootstrap` starts. Workers import the file it stands in.
 *
 * @example
 * ```ts
 * @Module({ services: [Tasks], imports: [ReportsModule], providers: [PriceTable] })
 * class ServiceModule {}
 * ```
 */
export function Module(options: ModuleOptions): (target: Class) => void {
  const url = options.url ?? callSite(Module);
  return (target: Class, context?: unknown) => {
    refuseStandardDecorators('Module', context);
    markModule(target, { options, url, key: registerModule(url, target) });
  };
}
