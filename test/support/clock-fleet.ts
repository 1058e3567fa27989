import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';

const main = fileURLToPath(new URL('../faults/fixtures/clock-main.js', import.meta.url));

/** One tick that was run. */
export interface Tick {
  /** Which one: milliseconds since 1970. */
  readonly moment: number;
  /** The process that ran it. */
  readonly pid: number;
  /** When it ran. */
  readonly at: number;
}

/** Instances of one service with a cluster timer of one second, each a process. */
export class ClockFleet {
  readonly #env: NodeJS.ProcessEnv;
  readonly #ledger: string;
  readonly #running = new Map<number, ChildProcess>();
  #log = '';

  constructor(t: TestContext, env: NodeJS.ProcessEnv) {
    const folder = mkdtempSync(join(tmpdir(), 'mf-clock-'));
    this.#ledger = join(folder, 'ledger');
    this.#env = { ...process.env, NODE_TEST_CONTEXT: undefined, ...env, LEDGER: this.#ledger };
    t.after(async () => {
      await this.end();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** What was run so far, in order. */
  get ticks(): readonly Tick[] {
    if (!existsSync(this.#ledger)) return [];
    const lines = readFileSync(this.#ledger, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Tick);
  }

  /** Starts instances; resolves when they run. */
  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#startOne()));
  }

  /** Waits for a tick that satisfies it, and comes after so many others. */
  next(after: number, is: (tick: Tick) => boolean = () => true, within = 60_000): Promise<Tick> {
    return eventually(() => {
      const tick = this.ticks.slice(after).find(is);
      assert.ok(
        tick,
        `no such tick among ${JSON.stringify(this.ticks.slice(after))} \n${this.#log.slice(-4_000)}`,
      );
      return tick;
    }, within);
  }

  signal(pid: number, signal: NodeJS.Signals): void {
    this.#running.get(pid)?.kill(signal);
  }

  /** Ends an instance, and waits for that. Its exit code, unless the signal itself ended it. */
  async stop(pid: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#running.get(pid) as ChildProcess;
    const ended = once(child, 'exit');
    child.kill(signal);
    const [code] = await ended;
    return code;
  }

  /** Kills all that run. */
  async end(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((pid) => this.stop(pid, 'SIGKILL')));
  }

  async #startOne(): Promise<void> {
    const child = spawn(process.execPath, [main], { env: this.#env, stdio: ['pipe', 'pipe', 'inherit'] });
    const pid = child.pid as number;
    this.#running.set(pid, child);
    child.once('exit', () => this.#running.delete(pid));
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      this.#log += chunk;
    });
    await eventually(() => {
      assert.equal(child.exitCode, null, output);
      assert.match(output, /service started/);
    }, 60_000);
  }
}

/** Fails when a tick was run more than once. */
export function assertOnceEach(ticks: readonly Tick[]): void {
  const twice = ticks.filter(({ moment }, n) => ticks.findIndex((tick) => tick.moment === moment) !== n);
  assert.deepEqual(twice, [], 'these ticks were run by somebody else before');
}
