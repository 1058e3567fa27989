import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { DynamicThreadPool } from 'poolifier';
import { isOurs, type ToWorker } from '../protocol.js';
import type { WorkerInit } from '../worker-init.js';
import type { WorkerPlan } from '../worker-plan.js';
import { threadFlags } from './inherited-flags.js';
import { onePoolOneLife, PooledLink } from './pooled-link.js';
import type { LinkEvents } from './worker-link.js';

const entry = fileURLToPath(new URL('../worker/entry.js', import.meta.url));

/** A worker thread. */
export class ThreadLink extends PooledLink {
  protected readonly pool: DynamicThreadPool;
  #worker: Worker | undefined;
  #dying = false;
  #error: unknown;

  constructor({ env, resourceLimits }: WorkerPlan, events: LinkEvents) {
    super();
    const execArgv = threadFlags(process.execArgv);
    this.pool = new DynamicThreadPool(0, 1, entry, {
      ...onePoolOneLife,
      // The environment is a copy: without, poolifier lets threads share that of the main side.
      workerOptions: { env: { ...process.env, ...env }, resourceLimits, ...(execArgv && { execArgv }) },
      messageHandler: (message: unknown) => {
        if (isOurs<never>(message)) events.message(message);
      },
      errorHandler: (error: unknown) => {
        this.#dying = true;
        this.#error = error;
      },
      exitHandler: (code) => {
        this.#dying = true;
        this.#closePort();
        events.ended({ code, signal: null, error: this.#error });
      },
    });
  }

  override serve(init: WorkerInit): Promise<void> {
    const served = super.serve(init);
    this.#worker = this.pool.workerNodes[0]?.worker;
    return served;
  }

  get alive(): boolean {
    return this.#worker !== undefined && !this.#dying;
  }

  post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  kill(): void {
    void this.#worker?.terminate();
  }

  // Answers that wait in poolifier's port would make it throw in the main process once it has dropped the worker.
  // Nothing is lost: outcomes come by the worker's own port, which Node empties before it tells of the exit.
  #closePort(): void {
    const port = this.pool.workerNodes[0]?.messageChannel?.port1;
    port?.removeAllListeners('message');
    port?.close();
  }
}
