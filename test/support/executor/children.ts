import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

export interface ChildRun {
  readonly child: ChildProcess;
  /** What it wrote, to standard output and error. */
  readonly output: () => string;
  /** Code or signal, once it has ended. */
  readonly ended: Promise<number | string>;
}

/** Runs a script of the tests as a main process of its own, which is killed with the test. */
export function runChild(
  t: TestContext,
  script: URL,
  args: readonly string[],
  execArgv: string[] = [],
): ChildRun {
  const child = fork(script, args, { execArgv, silent: true });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  const add = (chunk: Buffer): void => {
    output += chunk;
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  const ended = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | string);
  return { child, output: () => output, ended };
}

/** Waits until the process is gone: true when it was within the time. */
export async function isGoneWithin(pid: number, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (isRunning(pid)) {
    if (performance.now() > end) return false;
    await pause(20);
  }
  return true;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // A zombie is gone, too: an orphan's new parent may be slow to notice.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return process.platform !== 'linux';
  }
}
