import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { channel } from '../support/broker-client.js';
import { runCommand, startCommand } from '../support/command.js';
import { markdownExamples } from '../support/examples.js';
import { brokenLinks } from '../support/links.js';
import { root } from '../support/sources.js';
import { wholeService } from './whole-service.js';

const run = promisify(execFile);

/** Leaves every token to the metadata that the compiler emits. */
const byMetadata = `
import { isMainThread } from 'node:worker_threads';
import { bootstrap, CallContext, Config, Inject, Module, Service, Timer } from 'micro-framework';

class Greeting {
  text = 'hello';
}

@Service()
class Clock {
  @Inject() private readonly config!: Config;

  constructor(private readonly greeting: Greeting) {}

  @Timer(60_000, { eager: true })
  tick(_firedAt: Date, @Inject() call: CallContext): void {
    const place = isMainThread ? 'the main thread' : 'a worker thread';
    console.log(this.greeting.text, this.config.serviceName, 'in', place, 'attempt', call.attempt);
  }
}

@Module({ services: [Clock], providers: [Greeting] })
class ServiceModule {}

const runner = await bootstrap(ServiceModule, { serviceName: 'packed', logLevel: 'error', maxWorkers: 1 });
while (runner.routes[0]?.counts.succeeded === 0) await new Promise((resolve) => setTimeout(resolve, 10));
await runner.stop();
`;

/** The same with every token named. */
const byTokens = byMetadata
  .replace('constructor(private', 'constructor(@Inject(Greeting) private')
  .replace('@Inject() private readonly config', '@Inject(Config) private readonly config')
  .replace('@Inject() call', '@Inject(CallContext) call');

describe('a service that installed the packed packages into an empty folder', () => {
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'micro-framework-install-'));
    await run('npm', ['pack', '--workspaces', '--pack-destination', folder], { cwd: root });
    const packages = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--no-save'];
    await run('npm', ['install', ...options, ...packages.map((file) => `./${file}`)], { cwd: folder });
  });

  after(() => rm(folder, { recursive: true, force: true }));

  // Checks the declaration files of all that was installed, too.
  test('compiles and runs with emitted metadata, which stands for tokens', async () => {
    const output = await compileAndRun('metadata', byMetadata, { emitDecoratorMetadata: true });

    assert.equal(output, 'hello packed in a worker thread attempt 1\n');
  });

  for (const useDefineForClassFields of [true, false]) {
    test(`compiles and runs without metadata, useDefineForClassFields ${useDefineForClassFields}`, async () => {
      const name = `fields-${useDefineForClassFields}`;

      const output = await compileAndRun(name, byTokens, { useDefineForClassFields, skipLibCheck: true });

      assert.equal(output, 'hello packed in a worker thread attempt 1\n');
    });
  }

  // As the README has it: node --import @oxc-node/core/register src/main.ts
  for (const mode of ['thread', 'process']) {
    test(`runs without a build in mode ${mode}`, async () => {
      const name = `unbuilt-${mode}`;
      await writeFile(
        join(folder, `${name}.ts`),
        byMetadata.replace('maxWorkers: 1', `$&, workerMode: '${mode}'`),
      );
      const compilerOptions = { experimentalDecorators: true, emitDecoratorMetadata: true };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));

      const output = await node('--import', import.meta.resolve('@oxc-node/core/register'), `${name}.ts`);

      const place = mode === 'thread' ? 'a worker thread' : 'the main thread';
      assert.equal(output, `hello packed in ${place} attempt 1\n`);
    });
  }

  test('has all that the README and the pages behind it lead to', async () => {
    const installed = join(folder, 'node_modules/micro-framework');
    const files = await readdir(installed, { recursive: true });
    const pages = files.filter((file) => file.endsWith('.md'));

    assert.ok(pages.includes('docs/testing.md'));
    assert.deepEqual(brokenLinks(installed, pages), []);
  });

  test('does what the README begins with, with no broker to be found', async () => {
    const [first] = markdownExamples('README.md');
    await compile('first', first?.code ?? '', { skipLibCheck: true });
    const { AMQP_URI: _, NODE_ENV: __, ...env } = process.env;

    const shop = spawn(process.execPath, ['first.js'], { cwd: folder, env, timeout: 60_000 });
    const ended = once(shop, 'close');
    for await (const line of createInterface(shop.stdout)) {
      if (/^order \d+: 4200 cents, attempt 1$/.test(line)) shop.kill('SIGTERM');
    }

    assert.deepEqual(await ended, [0, null]);
  });

  test('listens, filters, tries again, gives up and ticks, in processes that end after two calls', async (t) => {
    await compile('whole', wholeService, { skipLibCheck: true });
    const url = await startCommand(t, ['broker', '--port', '0'], { file: command() }).firstLine;
    const ch = await channel(t, { url });
    // More calls than three processes may have between them without being replaced.
    const orders = [
      { order: 1 },
      { order: 2, fails: 'once' },
      { order: 3, fails: 'for good' },
      ...[4, 5, 6].map((order) => ({ order })),
    ];
    const expected = [
      ...[1, 2, 3, 4, 5, 6].map((order) => `test ${order} retry 0`),
      ...['test 2 retry 1', 'testFailure 3 never', 'tick true'],
      ...[1, 4, 5, 6].map((order) => `test2 some_value ${order}`),
    ];

    const env = { ...process.env, AMQP_URI: url };
    const service = spawn(process.execPath, ['whole.js'], { cwd: folder, env, timeout: 60_000 });
    const ended = once(service, 'close');
    const said: { pid: number; what: string }[] = [];
    for await (const line of createInterface(service.stdout)) {
      const [, pid, what = ''] = /^pid (\d+) (.*)$/.exec(line) ?? [];
      if (what === 'up') {
        for (const order of orders)
          ch.publish('my_exchange.events', 'my_routing_key', Buffer.from(JSON.stringify(order)));
      } else if (pid !== undefined) said.push({ pid: Number(pid), what });
      if (expected.every((one) => said.some((other) => other.what === one))) service.kill('SIGTERM');
    }

    assert.deepEqual(await ended, [0, null]);
    const ticks = said.filter(({ what }) => what === 'tick true').length;
    const moreTicks = Array.from({ length: ticks - 1 }, () => 'tick true');
    assert.deepEqual(said.map(({ what }) => what).sort(), [...expected, ...moreTicks].sort());
    for (const { pid } of said) {
      const calls = said.filter((one) => one.pid === pid && !one.what.startsWith('testFailure'));
      assert.notEqual(pid, service.pid);
      assert.ok(calls.length <= 2, `the process ${pid} had ${calls.length} calls`);
    }
  });

  test('is tested without a broker, as docs/testing.md has it', async () => {
    const [recipe] = markdownExamples('docs/testing.md');

    const output = await compileAndRun('recipe', recipe?.code ?? '', { skipLibCheck: true });

    assert.match(output, /^[#ℹ] pass 2$/m);
    assert.match(output, /^[#ℹ] fail 0$/m);
  });

  test('finds the command, which runs a broker', async (t) => {
    const { stdout: help } = await run('npx', ['--no', 'micro-framework', 'broker', '--help'], {
      cwd: folder,
    });
    const file = command();
    const { child, firstLine, ended } = startCommand(t, ['broker', '--port', '0'], { file });
    const url = await firstLine;
    const ch = await channel(t, { url });

    const { queue } = await ch.assertQueue('q');

    const port = new URL(url).port;
    const { stdout: status } = await runCommand(t, ['broker', '--status', '--port', port], { file });
    child.kill('SIGTERM');
    assert.equal((await ended).code, 0);
    assert.match(help, /^npx micro-framework broker \[options\]$/m);
    assert.match(status, new RegExp(`^${queue} +0 +0 +0$`, 'm'));
  });

  function command(): string {
    return join(folder, 'node_modules/.bin/micro-framework');
  }

  async function compileAndRun(name: string, source: string, options: object): Promise<string> {
    await compile(name, source, options);
    return node(`${name}.js`);
  }

  async function compile(name: string, source: string, options: object): Promise<void> {
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      experimentalDecorators: true,
      typeRoots: [join(root, 'node_modules/@types')], // the only thing taken from here
      types: ['node'],
      ...options,
    };
    await writeFile(join(folder, `${name}.ts`), source);
    const tsconfig = { compilerOptions, files: [`${name}.ts`] };
    await writeFile(join(folder, `tsconfig.${name}.json`), JSON.stringify(tsconfig));
    await node(join(root, 'node_modules/typescript/bin/tsc'), '-p', `tsconfig.${name}.json`);
  }

  async function node(...args: string[]): Promise<string> {
    // Not as a child of this file's test runner, which would take a test's own output for its.
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const { stdout } = await run(process.execPath, args, { cwd: folder, timeout: 60_000, env }).catch(fail);
    return stdout;
  }
});

// The compiler tells its faults on standard output, which `execFile` leaves out of its message.
function fail(error: Error & { stdout?: string }): never {
  throw new Error(`${error.message}\n${error.stdout ?? ''}`, { cause: error });
}
