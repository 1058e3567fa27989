import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';

const run = promisify(execFile);
const programs = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/** A page in a headless Chromium. */
export interface Page {
  /** What an expression comes to in the page. */
  evaluate(expression: string): Promise<unknown>;
}

/** Opens a page in a browser of its own, until the end of the test. */
export async function openPage(t: Pick<TestContext, 'after'>, url: string): Promise<Page> {
  const program = (await find()) ?? (await install());
  const profile = await mkdtemp(join(tmpdir(), 'micro-framework-chromium-'));
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
  ];
  // Without a debugger it would load the page and end; with this kind it ends when we do.
  const browser = spawn(program, [...options, `--user-data-dir=${profile}`, '--remote-debugging-pipe', url], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    // What is on the PATH is a script; the browser it starts goes with its group.
    detached: true,
  });
  const ended = once(browser, 'close');
  t.after(async () => {
    if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const [, , , commands, events] = browser.stdio;
  return debugged(commands as Writable, events as Readable);
}

interface DebuggerMessage {
  readonly id?: number;
  readonly result?: {
    readonly targetInfos?: readonly { readonly type: string; readonly targetId: string }[];
    readonly sessionId?: string;
    readonly result?: { readonly value?: unknown };
  };
}

/** Speaks the debugger's protocol over a pair of pipes: JSON, each message ended by a zero byte. */
function debugged(commands: Writable, events: Readable): Page {
  const waiting = new Map<number, (message: DebuggerMessage) => void>();
  let last = 0;
  let text = '';
  events.setEncoding('utf8').on('data', (part: string) => {
    const messages = (text + part).split('\0');
    text = messages.pop() ?? '';
    for (const message of messages.map((one) => JSON.parse(one) as DebuggerMessage))
      if (message.id !== undefined) waiting.get(message.id)?.(message);
  });
  // Both end with the browser.
  for (const pipe of [commands, events]) pipe.on('error', () => {});
  const send = (method: string, params: object, sessionId?: string): Promise<DebuggerMessage> =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      commands.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });
  const attach = async (): Promise<string | undefined> => {
    const { result } = await send('Target.getTargets', {});
    const targetId = result?.targetInfos?.find(({ type }) => type === 'page')?.targetId;
    if (targetId === undefined) throw new Error('the browser has no page yet');
    return (await send('Target.attachToTarget', { targetId, flatten: true })).result?.sessionId;
  };
  let session: Promise<string | undefined> | undefined;
  return {
    evaluate: async (expression) => {
      session ??= eventually(attach);
      const params = { expression, returnByValue: true, awaitPromise: true };
      return (await send('Runtime.evaluate', params, await session)).result?.result?.value;
    },
  };
}

async function find(): Promise<string | undefined> {
  for (const program of programs) {
    for (const folder of (process.env.PATH ?? '').split(delimiter).concat('/usr/bin')) {
      const file = join(folder, program);
      if (
        await access(file).then(
          () => true,
          () => false,
        )
      )
        return file;
    }
  }
  return undefined;
}

async function install(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (process.getuid?.() !== 0 || !/^ID(?:_LIKE)?=.*debian/m.test(release)) {
    throw new Error('there is no Chromium on the PATH: install it (Debian: apt-get install chromium).');
  }
  console.error('Chromium is missing: installing the Debian package');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]): Promise<unknown> => run('apt-get', ['-y', '-q', ...args], { env });
  await apt('update');
  // A third of the size, where there is such a package.
  await apt('install', '--no-install-recommends', 'chromium-headless-shell').catch(() =>
    apt('install', '--no-install-recommends', 'chromium'),
  );
  const installed = await find();
  if (installed === undefined) throw new Error('apt-get installed Chromium, but it is not on the PATH.');
  return installed;
}
