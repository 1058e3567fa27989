import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** A process of a fixture. */
export interface Child {
  /** Resolves when its output holds the text; rejects when it ends before. */
  until(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<ChildEnd>;
}

/** Runs `fixtures/<name>.js` as a process of its own, which does not outlive the test. */
export function startChild(t: TestContext, name: string, env: NodeJS.ProcessEnv): Child {
  const file = fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url));
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(process.execPath, [file], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    stdio,
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  const waits = new Set<() => void>();
  const look = (): void => {
    for (const wait of waits) wait();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<ChildEnd>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, output, errors }));
  });
  return {
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
    until: (text) =>
      new Promise((resolve, reject) => {
        const wait = (): void => {
          if (!output.includes(text)) return;
          waits.delete(wait);
          resolve();
        };
        waits.add(wait);
        wait();
        void ended.then(() => reject(new Error(`it ended before it said '${text}':\n${output}\n${errors}`)));
      }),
  };
}
