import type { z } from 'zod';
import { defineSettings } from './settings.js';
import { wholeNumber } from './whole-number.js';

// The longest delay a timer of Node can wait.
const milliseconds = (zod: typeof z): z.ZodType<number> => wholeNumber(zod, 1, 2 ** 31 - 1);

/** What a service can be set to. Packages add theirs by extending this interface. */
export interface Settings {
  /** `SERVICE_NAME`: the service in exchange, queue and call names. Default: `service`. */
  readonly serviceName: string;
  /** `WORKER_MODE`: where handlers run. Default: `thread`. */
  readonly workerMode: 'inline' | 'thread' | 'greedy_thread' | 'process' | 'greedy_process';
  /** `MAX_WORKERS`: workers of each context. Default: 3. */
  readonly maxWorkers: number;
  /** `TASKS_PER_WORKER`: calls a worker runs at the same time. Default: 1, so that a crash costs one call only. */
  readonly tasksPerWorker: number;
  /** `MAX_TASKS_PER_CHILD`: calls after which a worker is replaced. Default: none. */
  readonly maxTasksPerChild?: number | undefined;
  /** `TASK_TIMEOUT`: milliseconds one attempt may take. Default: 300,000. */
  readonly taskTimeout: number;
  /** `TASK_GRACE`: milliseconds between a timed-out call's abort signal and the end of its worker. Default: 1,000. */
  readonly taskGrace: number;
  /** `WORKER_START_TIMEOUT`: milliseconds a worker may take to load the service. Default: 30,000. */
  readonly workerStartTimeout: number;
  /** `MAX_QUEUE`: calls that wait for a worker, a context; more are refused. 0: none waits. Default: 1,000. */
  readonly maxQueue: number;
  /** `SHUTDOWN_TIMEOUT`: milliseconds a stop waits for calls in flight. Default: 25,000. */
  readonly shutdownTimeout: number;
  /** `LOG_LEVEL`: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. Default: `info`. */
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}

defineSettings({
  serviceName: {
    env: 'SERVICE_NAME',
    schema: (zod) =>
      zod
        .string()
        .regex(/^[A-Za-z0-9_.-]{1,100}$/, 'use 1 to 100 letters, digits, and _ . -')
        .default('service'),
  },
  workerMode: {
    env: 'WORKER_MODE',
    schema: (zod) =>
      zod.enum(['inline', 'thread', 'greedy_thread', 'process', 'greedy_process']).default('thread'),
  },
  maxWorkers: { env: 'MAX_WORKERS', schema: (zod) => wholeNumber(zod, 1, 1024).default(3) },
  tasksPerWorker: { env: 'TASKS_PER_WORKER', schema: (zod) => wholeNumber(zod, 1, 10_000).default(1) },
  maxTasksPerChild: {
    env: 'MAX_TASKS_PER_CHILD',
    schema: (zod) => wholeNumber(zod, 1, 2 ** 53 - 1).optional(),
  },
  taskTimeout: { env: 'TASK_TIMEOUT', schema: (zod) => milliseconds(zod).default(300_000) },
  taskGrace: { env: 'TASK_GRACE', schema: (zod) => milliseconds(zod).default(1_000) },
  workerStartTimeout: { env: 'WORKER_START_TIMEOUT', schema: (zod) => milliseconds(zod).default(30_000) },
  maxQueue: { env: 'MAX_QUEUE', schema: (zod) => wholeNumber(zod, 0, 1_000_000).default(1_000) },
  shutdownTimeout: { env: 'SHUTDOWN_TIMEOUT', schema: (zod) => milliseconds(zod).default(25_000) },
  logLevel: {
    env: 'LOG_LEVEL',
    schema: (zod) => zod.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  },
});
