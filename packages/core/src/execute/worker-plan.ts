import type { Config } from '../config/config.js';
import type { WorkerLimits, WorkerMode, WorkersOptions } from '../declare/module.js';

/** How the workers of one context are run: its own options over the service's. */
export interface WorkerPlan {
  readonly mode: WorkerMode;
  readonly max: number;
  readonly tasksPerWorker: number;
  /** Calls after which a worker is replaced; `Infinity` for never. */
  readonly maxTasksPerChild: number;
  readonly taskTimeout: number;
  readonly taskGrace: number;
  readonly startTimeout: number;
  readonly maxQueue: number;
  readonly resourceLimits: WorkerLimits;
  readonly env: Readonly<Record<string, string>>;
}

/** Fills what a module's `workers` leaves open from the configuration. */
export function planWorkers(workers: WorkersOptions, config: Config): WorkerPlan {
  return {
    mode: workers.mode ?? config.workerMode,
    max: workers.max ?? config.maxWorkers,
    tasksPerWorker: workers.tasksPerWorker ?? config.tasksPerWorker,
    maxTasksPerChild: workers.maxTasksPerChild ?? config.maxTasksPerChild ?? Number.POSITIVE_INFINITY,
    taskTimeout: workers.taskTimeout ?? config.taskTimeout,
    taskGrace: config.taskGrace,
    startTimeout: config.workerStartTimeout,
    maxQueue: config.maxQueue,
    resourceLimits: workers.resourceLimits ?? {},
    env: workers.env ?? {},
  };
}
