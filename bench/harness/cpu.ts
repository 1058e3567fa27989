import { readFileSync } from 'node:fs';

/**
 * Microseconds of CPU that the main thread has used. Linux counts them by thread; `process.cpuUsage` would add what
 * worker threads use. Elsewhere the time in which the thread's loop was not idle, which is the same on a quiet machine.
 */
export function mainThreadCpu(): number {
  if (process.platform === 'linux') {
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1_000;
  }
  return performance.eventLoopUtilization().active * 1_000;
}
