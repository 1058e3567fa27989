import type { DynamicClusterPool, DynamicThreadPool } from 'poolifier';
import type { ToWorker } from '../protocol.js';
import type { WorkerInit } from '../worker-init.js';
import type { WorkerLink } from './worker-link.js';

/**
 * What both kinds of pool are made with. One pool holds one worker for one life: poolifier loses the calls of a worker
 * that dies, restarts without end what cannot start, and can wedge a healthy worker's queue. With a minimum of 0 it
 * makes the worker at the first task and never another.
 */
export const onePoolOneLife = {
  enableEvents: false,
  enableTasksQueue: false,
  restartWorkerOnError: false,
} as const;

/**
 * A pool's one task, `serve`, lasts as long as its worker, and calls are messages to it. A task a call would cost a promise,
 * an asynchronous resource and an answer of poolifier's for each: a quarter of a small call.
 */
export abstract class PooledLink implements WorkerLink {
  protected abstract readonly pool: DynamicThreadPool | DynamicClusterPool;

  serve(init: WorkerInit): Promise<void> {
    return this.pool.execute(init, 'serve') as Promise<void>;
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  abstract readonly alive: boolean;
  abstract post(message: ToWorker): void;
  abstract kill(): void;
}
