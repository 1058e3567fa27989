// Given with --import: in workers, who waits longer than a day is called at once, and weeks have passed.
import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';

if (cluster.isWorker || !isMainThread) {
  const weeks = 20 * 7 * 86_400_000;
  const now = performance.now.bind(performance);
  const { setInterval: every } = globalThis;
  let passed = 0;
  performance.now = () => now() + passed;
  globalThis.setInterval = ((run: () => void, ms: number) => {
    if (ms < 86_400_000) return every(run, ms);
    return every(() => {
      passed += weeks;
      run();
    }, 10);
  }) as typeof setInterval;
}
