import { fileURLToPath } from 'node:url';
import { isMainThread, Worker } from 'node:worker_threads';

// Loaded before a program: one of the process's threads then hangs in the operating system, in a call that nothing in
// the process can interrupt. That of a broker would on a disk that does not answer; here it opens a named pipe that
// nobody writes to.

const pipe = process.env.HUNG_THREAD_PIPE;

if (isMainThread && pipe !== undefined) {
  const thread = new Worker(`require('node:fs').openSync(${JSON.stringify(pipe)})`, { eval: true });
  thread.unref();
}

/** The environment of a program whose process is to have such a thread. */
export function withHungThread(pipePath: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import ${fileURLToPath(import.meta.url)}`, HUNG_THREAD_PIPE: pipePath };
}
