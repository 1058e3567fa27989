const key = Symbol.for('micro-framework.worker');

/** What `bootstrap` finds when it runs in a worker, which imports the same files as the main side. */
export interface WorkerSeat {
  /** The file called `bootstrap`: what it declares before that is there. */
  reached(): void;
}

/** The seat of this thread or process, if it is one of our workers. */
export function workerSeat(): WorkerSeat | undefined {
  return (globalThis as { [key]?: WorkerSeat })[key];
}

/** Makes this thread or process known as a worker. A global, so that a bundled copy of the package finds it. */
export function takeWorkerSeat(seat: WorkerSeat): void {
  (globalThis as { [key]?: WorkerSeat })[key] = seat;
}
