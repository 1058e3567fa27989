import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openPage } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { openVhost } from '../support/rabbitmq.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const started: ChildProcess[] = [];

/** Milliseconds that the demo may take, from its start to its end. */
const demoTime = 30_000;

after(() => {
  for (const child of started) child.kill('SIGKILL');
});

test('hello-event hears its own greeting, with no broker to be found, and ends in order', async () => {
  const hello = run('hello-event');

  await hello.line(/^hello, world$/);
  hello.process.kill('SIGTERM');

  assert.deepEqual(await hello.exit, [0, null]);
  assert.equal(hello.output().match(/memory:\/\/ is used/g)?.length, 1);
});

test('order-pipeline ships every order but the malformed one, with no broker to be found', async () => {
  await assertShipped(run('order-pipeline'));
});

test('order-pipeline ships every order but the malformed one on RabbitMQ', async () => {
  const { uri } = await openVhost();

  await assertShipped(run('order-pipeline', { args: ['--broker', uri] }));
});

test('order-pipeline says in time that a broker is not there', async () => {
  const shop = run('order-pipeline', { args: ['--broker', 'amqp://127.0.0.1:1'] });

  const [code] = await shop.exit;

  assert.equal(code, 1);
  assert.match(shop.output(), /CONNECT_FAILED|ECONNREFUSED/);
  assert.ok(shop.age() < demoTime, `it took ${shop.age()} ms`);
});

async function assertShipped(shop: Running): Promise<void> {
  const [code] = await shop.exit;

  assert.equal(code, 0, shop.output());
  assert.ok(shop.age() < demoTime, `it took ${shop.age()} ms`);
  const shipped = new Set(shop.output().match(/^order \d+: shipped$/gm));
  assert.equal(shipped.size, 11);
  assert.ok(!shipped.has('order 9: shipped'));
  assert.match(
    shop.output(),
    /order 4: kills its worker, attempt 1[\s\S]*order 4: priced at [\d.]+, attempt 2/,
  );
  assert.match(shop.output(), /order 6: priced at [\d.]+, attempt 3/);
  assert.match(shop.output(), /Pricing\.price *│ 11 *│ 2 *│ 1 *│ 1 *│ 3 *│ 1 /);
}

test('remote-calls: one service asks the other for prices, and knows its error by its class', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'remote-calls-'));
  const env = { AMQP_URI: pathToFileURL(folder).href };
  const quotes = run('remote-calls', { args: ['quotes'], env });
  const portfolio = run('remote-calls', { args: ['portfolio'], env });

  await portfolio.line(/^10 ACME and 20 INITECH are worth 289.9$/);
  await portfolio.line(/^nobody sells HOOLI$/);
  portfolio.process.kill('SIGTERM');
  assert.deepEqual(await portfolio.exit, [0, null]);
  quotes.process.kill('SIGTERM');
  assert.deepEqual(await quotes.exit, [0, null]);

  await rm(folder, { recursive: true, force: true });
});

test('websocket-quotes tells prices to its client in Node, and to a page, where they change', async (t) => {
  const quotes = run('websocket-quotes', { env: { WEBSOCKET_PORT: '0' } });
  const url = await quotes.line(/^http:/);

  const client = run('websocket-quotes', { file: 'client', args: [url.replace('http', 'ws')] });
  const [code] = await client.exit;
  const page = await openPage(t, url);
  const shown = () =>
    page.evaluate("[...document.querySelectorAll('.price')].map(({ textContent }) => textContent).join(' ')");
  const before = await eventually(async () => {
    const prices = String(await shown());
    assert.match(prices, /^\d+\.\d\d \d+\.\d\d \d+\.\d\d$/);
    return prices;
  }, 30_000);

  await eventually(async () => assert.notEqual(await shown(), before), 30_000);
  assert.equal(code, 0, client.output());
  assert.match(client.output(), /^Quotes\.price\(symbol, currency\): The last price of a symbol\.$/m);
  assert.match(client.output(), /^ACME \d+\.\d\d EUR\n.*\n.*\ntrue UnknownSymbolError: there is no HOOLI$/m);
  quotes.process.kill('SIGTERM');
  assert.deepEqual(await quotes.exit, [0, null]);
});

test('own-entrypoint reads each letter, tries a bad one again, and puts both away', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'micro-framework-inbox-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'early.json'), '{"from":"Grace"}');
  const inbox = run('own-entrypoint', { env: { INBOX: folder } });

  await inbox.line(/^waiting for letters$/);
  await writeFile(join(folder, 'bad.json'), 'no letter');
  await writeFile(join(folder, 'late.json'), '{"from":"Ada"}');

  await inbox.line(/^late\.json: a letter from Ada$/);
  await inbox.line(/^early\.json: a letter from Grace$/);
  await eventually(() => assert.deepEqual(readdirSync(join(folder, 'failed')), ['bad.json']), 30_000);
  await eventually(() => assert.deepEqual(readdirSync(join(folder, 'done')), ['early.json', 'late.json']));
  inbox.process.kill('SIGTERM');
  assert.deepEqual(await inbox.exit, [0, null]);
});

test('each example is a service, a main and a README, of no more than 80 lines', () => {
  const folders = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );

  for (const { name } of folders) {
    const files = readdirSync(join(root, 'examples', name));
    assert.ok(files.includes('main.ts') && files.includes('README.md') && files.length > 2, name);
    for (const file of files) {
      const lines = readFileSync(join(root, 'examples', name, file), 'utf8').split('\n').length - 1;
      assert.ok(lines <= 80, `${name}/${file} has ${lines} lines`);
    }
  }
});

interface Running {
  readonly process: ChildProcess;
  readonly exit: Promise<[number | null, string | null]>;
  output(): string;
  /** Milliseconds since its start. */
  age(): number;
  /** Resolves with such a line when the example has printed one. */
  line(pattern: RegExp): Promise<string>;
}

interface RunOptions {
  /** Default: `main`. */
  readonly file?: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

function run(example: string, { file = 'main', args = [], env: more = {} }: RunOptions = {}): Running {
  const main = join(root, 'build/examples', example, `${file}.js`);
  // As in a shell where nothing is set.
  const { AMQP_URI: _, NODE_ENV: __, ...env } = process.env;
  const begun = performance.now();
  const child = spawn(process.execPath, [main, ...args], { env: { ...env, ...more } });
  started.push(child);
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => lines.push(line));
  child.stderr.on('data', (data) => lines.push(String(data)));
  return {
    process: child,
    exit: once(child, 'close') as Promise<[number | null, string | null]>,
    output: () => lines.join('\n'),
    age: () => performance.now() - begun,
    async line(pattern) {
      const printed = lines.find((line) => pattern.test(line));
      if (printed !== undefined) return printed;
      const coming = on(reader, 'line', { signal: AbortSignal.timeout(20_000) }) as AsyncIterable<[string]>;
      for await (const [line] of coming) if (pattern.test(line)) return line;
      throw new Error(`it ended before it printed ${pattern}`);
    },
  };
}
