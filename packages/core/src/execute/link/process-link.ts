import type { Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { DynamicClusterPool } from 'poolifier';
import type { WorkerLimits } from '../../declare/module.js';
import { isOurs, type ToWorker } from '../protocol.js';
import type { WorkerInit } from '../worker-init.js';
import type { WorkerPlan } from '../worker-plan.js';
import { processFlags } from './inherited-flags.js';
import { onePoolOneLife, PooledLink } from './pooled-link.js';
import type { LinkEvents } from './worker-link.js';

const entry = fileURLToPath(new URL('../worker/entry.js', import.meta.url));
const preload = fileURLToPath(new URL('../worker/preload.cjs', import.meta.url));

// How long the channel of a dead process may hold back its last messages, and a process without channel may live on.
const channelGrace = 300;
const exitGrace = 1_000;

/** A worker process. */
export class ProcessLink extends PooledLink {
  protected readonly pool: DynamicClusterPool;
  readonly #events: LinkEvents;
  #worker: Worker | undefined;
  #dying = false;
  #killTimer: NodeJS.Timeout | undefined;

  constructor({ env, resourceLimits }: WorkerPlan, events: LinkEvents) {
    super();
    this.pool = new DynamicClusterPool(0, 1, entry, {
      ...onePoolOneLife,
      // `node --watch` sets the variable; the messages it asks for are none of poolifier's.
      env: { WATCH_REPORT_DEPENDENCIES: '', ...env },
      // Settings of the cluster module are global, and the last call wins: all that matters is set each time.
      settings: {
        serialization: 'advanced',
        execArgv: [...processFlags(process.execArgv), '--require', preload, ...limitFlags(resourceLimits)],
      },
      // It could not be started or written to: poolifier takes it out of service and ends it.
      errorHandler: () => {
        this.#dying = true;
      },
      exitHandler: () => this.#onExit(),
    });
    this.#events = events;
  }

  override serve(init: WorkerInit): Promise<void> {
    // Forks in this very turn, before another pool can change the cluster's settings.
    const served = super.serve(init);
    this.#worker = this.pool.workerNodes[0]?.worker as Worker | undefined;
    if (this.#worker) this.#listen(this.#worker);
    return served;
  }

  get alive(): boolean {
    return this.#worker?.isConnected() === true && !this.#dying;
  }

  post(message: ToWorker): void {
    const worker = this.#worker;
    // The id keeps poolifier's listener over there from throwing. Errors of the channel are told by its end.
    if (worker && this.alive) worker.send({ ...message, workerId: worker.id }, () => {});
  }

  kill(): void {
    this.#worker?.process.kill('SIGKILL');
  }

  #listen(worker: Worker): void {
    const { process: child } = worker;
    child.on('message', (message) => {
      if (isOurs<never>(message)) this.#events.message(message);
    });
    // Poolifier throws, in the main process, at messages without its mark: those that a handler sends by itself.
    const listeners = worker.listeners('message');
    worker.removeAllListeners('message');
    worker.on('message', (message: unknown) => {
      if (!isPoolifiers(message, worker)) return;
      try {
        for (const listener of listeners) Reflect.apply(listener, worker, [message]);
      } catch (error) {
        this.#events.broken(error);
      }
    });
    child.once('disconnect', () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      this.#killTimer = setTimeout(() => this.kill(), exitGrace);
    });
  }

  #onExit(): void {
    this.#dying = true;
    clearTimeout(this.#killTimer);
    const worker = this.#worker;
    // Late answers to poolifier would make it throw, since it drops the worker next.
    worker?.removeAllListeners('message');
    let told = false;
    const end = (): void => {
      if (told) return;
      told = true;
      clearTimeout(timer);
      // Poolifier has dropped its listeners; a late error of the channel must not find none.
      worker?.on('error', () => {});
      const { exitCode = null, signalCode = null } = worker?.process ?? {};
      this.#events.ended({ code: exitCode, signal: signalCode, error: undefined });
    };
    const timer = setTimeout(end, channelGrace);
    if (worker?.process.connected) worker.process.once('disconnect', () => setImmediate(end));
    else setImmediate(end);
  }
}

function isPoolifiers(message: unknown, worker: Worker): boolean {
  return !isOurs(message) && (message as { workerId?: unknown } | null)?.workerId === worker.id;
}

/** The heap limits a thread takes as options, as flags. */
function limitFlags(limits: WorkerLimits): string[] {
  const { maxOldGenerationSizeMb, maxYoungGenerationSizeMb, stackSizeMb } = limits;
  return [
    ...(maxOldGenerationSizeMb === undefined ? [] : [`--max-old-space-size=${maxOldGenerationSizeMb}`]),
    // The young generation is three semi-spaces.
    ...(maxYoungGenerationSizeMb === undefined
      ? []
      : [`--max-semi-space-size=${Math.max(1, Math.floor(maxYoungGenerationSizeMb / 3))}`]),
    // In KiB. A part of the real stack is the engine's.
    ...(stackSizeMb === undefined
      ? []
      : [`--stack-size=${Math.max(64, Math.floor(stackSizeMb * 1024) - 192)}`]),
  ];
}
