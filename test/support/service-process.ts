import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.js';

/** A service in a process of its own, which is killed after the test. */
export interface ServiceProcess {
  readonly child: ChildProcess;
  /** Its exit code and the signal that ended it, once one of them is known. */
  readonly ended: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  /** What it has logged. */
  log(): string;
}

/** Runs the file, whose settings are variables of the environment. Resolves when the service has started. */
export async function startService(
  t: Pick<TestContext, 'after'>,
  file: string,
  settings: NodeJS.ProcessEnv,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, LOG_LEVEL: 'info', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await eventually(() => {
    assert.equal(child.exitCode, null, output);
    assert.match(output, /service started/);
  }, 60_000);
  return { child, ended, log: () => output };
}
