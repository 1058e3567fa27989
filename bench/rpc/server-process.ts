import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('./server-main.js', import.meta.url));

/** A server in a process of its own. */
export interface ServerProcess {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts one of the servers of `server-main.ts`. */
export async function startServer(name: string, broker: string): Promise<ServerProcess> {
  const child = fork(file, [name, broker], { stdio: ['ignore', 2, 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const [port] = (await Promise.race([once(child, 'message'), ended.then(() => [])])) as unknown[];
  if (typeof port !== 'number') throw new Error(`the server '${name}' ended before it listened`);
  return {
    port,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
