import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./broker-user.js', import.meta.url));

/** A process that publishes to the broker of a folder; see `broker-user.ts`. */
export interface BrokerUser {
  /** What it was promised. */
  readonly confirmed: ReadonlySet<string>;
  isHosting(): boolean;
  /** How often it has found the broker. */
  found(): number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Lets it leave in good order, and fails when it does not. */
  leave(): Promise<void>;
}

export function startUser(t: TestContext, uri: string): BrokerUser {
  const child: ChildProcess = spawn(process.execPath, [program, uri], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const confirmed = new Set<string>();
  let hosting = false;
  let found = 0;
  createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => {
    if (line.startsWith('confirmed ')) confirmed.add(line.slice('confirmed '.length));
    else found += 1;
    if (line === 'hosting') hosting = true;
  });
  const end = async (signal: NodeJS.Signals): Promise<unknown[]> => {
    const closed = once(child, 'close'); // its last lines have been read
    child.kill(signal);
    return closed;
  };
  return {
    confirmed,
    isHosting: () => hosting,
    found: () => found,
    async kill() {
      await end('SIGKILL');
    },
    async leave() {
      const [code] = await end('SIGTERM');
      if (code !== 0) throw new Error(`it ended with ${code}`);
    },
  };
}
