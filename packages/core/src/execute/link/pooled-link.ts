import type { DynamicClusterPool, DynamicThreadPool } from 'poolifier';
import { packBatch } from '../packed.js';
import type { Batch, BootAnswer, ToWorker } from '../protocol.js';
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

/** The tasks a worker knows, by the names its entry gives them. */
export abstract class PooledLink implements WorkerLink {
  protected abstract readonly pool: DynamicThreadPool | DynamicClusterPool;

  boot(init: WorkerInit): Promise<BootAnswer> {
    return this.pool.execute(init, 'boot') as Promise<BootAnswer>;
  }

  run(batch: Batch): Promise<void> {
    return this.#task('run', packBatch(batch));
  }

  stop(): Promise<void> {
    return this.#task('stop', {});
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  abstract readonly alive: boolean;
  abstract post(message: ToWorker): void;
  abstract kill(): void;

  #task(name: 'run' | 'stop', data: unknown): Promise<void> {
    // The pool of a dead worker would make another for the task.
    return this.alive ? (this.pool.execute(data, name) as Promise<void>) : new Promise(() => {});
  }
}
