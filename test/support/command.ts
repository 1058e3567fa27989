import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { root } from './sources.js';

const patience = 60_000;

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs, killed after the test if it still does. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** The first line of its output. Rejects with its complaints if it ends without one. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<Ended>;
}

/** Where the command and its process are. */
export interface CommandOptions {
  /** The file to run. Default: the built one of this repository. */
  readonly file?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts `micro-framework` with these arguments in a process of its own. */
export function startCommand(t: TestContext, args: readonly string[], options: CommandOptions = {}): Running {
  const { file = join(root, 'packages/micro-framework/bin/micro-framework.js'), env } = options;
  const child = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, BROKER_PASSWORD: undefined, ...env },
    timeout: patience,
    killSignal: 'SIGKILL',
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = untilEnd(child);
  const line = once(createInterface(child.stdout), 'line').then(([text]) => String(text));
  const none = ended.then(({ code, stderr }): never => {
    throw new Error(`it ended with ${code} before it said anything: ${stderr}`);
  });
  none.catch(() => {}); // every command ends some time
  return { child, firstLine: Promise.race([line, none]), ended };
}

/** Runs `micro-framework` to its end. */
export function runCommand(
  t: TestContext,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  const { firstLine, ended } = startCommand(t, args, options);
  firstLine.catch(() => {}); // some have nothing to say
  return ended;
}

async function untilEnd(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}
