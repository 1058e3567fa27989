import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The service of `fixtures/work.ts` in a process of its own. */
export interface WorkProcess {
  readonly port: number;
  readonly url: string;
  /** Ends it, and waits for that. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts one; on a port of its choice, or on the one that another had. */
export async function startWork(t: Pick<TestContext, 'after'>, port = 0): Promise<WorkProcess> {
  const file = fileURLToPath(new URL('../fixtures/work-main.js', import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, WEBSOCKET_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const listening = Number(line.replace('listening on ', ''));
  return {
    port: listening,
    url: `ws://127.0.0.1:${listening}`,
    kill: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}
