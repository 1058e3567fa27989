import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, type TestContext } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BrokerOptions } from '@micro-framework/broker';

const host = fileURLToPath(new URL('./broker-host.js', import.meta.url));

export interface HostedBroker {
  readonly url: string;
  readonly child: ChildProcessWithoutNullStreams;
  /** Ends it as a power cut would, as far as the process is concerned. */
  kill(): Promise<void>;
  /** What it has written to its standard error. */
  readonly complaints: string[];
}

const folders: string[] = [];

// Not after each test: a broker that is still to be closed would miss it, and one that is found again make it anew.
after(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
});

/** A folder that is removed after the tests of the file. */
export function dataFolder(): { readonly path: string; readonly storage: string } {
  const path = mkdtempSync(join(tmpdir(), 'mf-broker-data-'));
  folders.push(path);
  return { path, storage: pathToFileURL(path).href };
}

/** Starts a broker in another process. `limitKiB` bounds the size of the files it may write. */
export async function hostBroker(
  t: TestContext,
  options: BrokerOptions,
  limitKiB?: number,
): Promise<HostedBroker> {
  const limit = limitKiB === undefined ? '' : `ulimit -S -f ${limitKiB};`;
  const child = spawn('sh', [
    '-c',
    `${limit} exec "$0" "$@"`,
    process.execPath,
    host,
    JSON.stringify(options),
  ]);
  t.after(() => child.kill('SIGKILL'));
  const complaints: string[] = [];
  createInterface(child.stderr).on('line', (line) => complaints.push(line));
  const kill = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const failed = once(child, 'exit').then(() => {
    throw new Error(`the broker did not start: ${complaints.join('\n')}`);
  });
  failed.catch(() => {}); // every host ends some time
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), failed]);
  return { url, child, kill, complaints };
}
