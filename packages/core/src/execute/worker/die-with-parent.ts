import { Worker } from 'node:worker_threads';

/**
 * Ends this process within a second of its parent, also when a handler blocks its loop: a thread of its own watches.
 * The end of the channel tells the loop the same, but a blocked loop does not hear it.
 */
export function dieWithParent(): void {
  const guard = new Worker(new URL('./orphan-guard.js', import.meta.url), {
    workerData: process.ppid,
    // No loader, no preload: it is to be there at once and cost little.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
  });
  // Without it the worker still works, and the channel's end still ends it.
  guard.on('error', () => {});
  guard.unref();
}
