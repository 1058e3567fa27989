import type { Cluster } from 'node:cluster';

// Required, not imported: what `--require` names runs before loaders and before the entry, in one go.
const cluster = require('node:cluster') as Cluster;

// Runs first in every worker process.
if (cluster.worker) {
  // Both reach workers from the terminal or the service manager; the main side decides when its workers stop.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  holdEarlyMessages(cluster.worker);
}

/** The pool's first messages come while loaders and modules are still being evaluated: keep them for its listener. */
function holdEarlyMessages(worker: NonNullable<Cluster['worker']>): void {
  const early: unknown[] = [];
  const hold = (message: unknown): void => {
    early.push(message);
  };
  const release = (event: string | symbol, listener: unknown): void => {
    if (event !== 'message' || listener === hold) return;
    worker.off('newListener', release);
    worker.off('message', hold);
    // `newListener` comes before the listener is there.
    queueMicrotask(() => {
      for (const message of early) worker.emit('message', message);
    });
  };
  worker.on('message', hold);
  worker.on('newListener', release);
}
