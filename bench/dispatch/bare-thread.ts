import { Worker } from 'node:worker_threads';
import type { Contender } from '../harness/suite.js';
import { closedLoop } from './closed-loop.js';

/** The least a call to a thread can cost: a message there and one back. */
export async function bareThread(): Promise<Contender> {
  const worker = new Worker(new URL('./thread-echo.js', import.meta.url));
  const open = new Map<number, (value: unknown) => void>();
  let last = 0;
  worker.on('message', ({ id, value }: { id: number; value: unknown }) => {
    open.get(id)?.(value);
    open.delete(id);
  });
  const echo = (value: unknown): Promise<unknown> =>
    new Promise((resolve) => {
      const id = ++last;
      open.set(id, resolve);
      worker.postMessage({ id, value });
    });
  return closedLoop(echo, () => worker.terminate());
}
