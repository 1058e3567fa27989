import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { WebSocketLimits } from 'micro-framework';

/** A service in a process of its own, to be looked at from outside. */
export interface LoadedProcess {
  readonly port: number;
  readonly url: string;
  /** TCP connections it has open. */
  connections(): Promise<number>;
  /** Bytes it holds, on the heap and off it. */
  memory(): Promise<number>;
}

/** Starts one with these limits, until the end of the test. */
export async function startLoaded(
  t: Pick<TestContext, 'after'>,
  limits: Partial<WebSocketLimits>,
): Promise<LoadedProcess> {
  const file = fileURLToPath(new URL('../fixtures/load-main.js', import.meta.url));
  const child = fork(file, [JSON.stringify(limits)], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    execArgv: ['--expose-gc'],
  });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const look = async (): Promise<{ connections: number; memory: number }> => {
    const answer = once(child, 'message');
    child.send('look');
    return ((await answer) as [{ connections: number; memory: number }])[0];
  };
  return {
    port,
    url: `ws://127.0.0.1:${port}`,
    connections: async () => (await look()).connections,
    memory: async () => (await look()).memory,
  };
}
