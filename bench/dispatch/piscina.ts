import { fileURLToPath } from 'node:url';
import { peer } from '../harness/peers.js';
import type { Contender } from '../harness/suite.js';
import { closedLoop } from './closed-loop.js';

interface PiscinaModule {
  readonly default: new (options: {
    readonly filename: string;
    readonly minThreads: number;
    readonly maxThreads: number;
    readonly concurrentTasksPerWorker: number;
  }) => { run(task: unknown): Promise<unknown>; destroy(): Promise<void> };
}

/** The usual pool of threads, with as many calls a thread as ours. */
export async function piscina(): Promise<Contender> {
  const { default: Piscina } = await peer<PiscinaModule>('piscina');
  const filename = fileURLToPath(new URL('./piscina-worker.js', import.meta.url));
  const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: 64 });
  return closedLoop(
    (payload) => pool.run(payload),
    () => pool.destroy(),
  );
}
