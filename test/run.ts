// What `npm test` runs: every *.test.ts of the sources, or those whose path contains one of the arguments, beside one
// private RabbitMQ that all files share.
//   npm test
//   npm test -- execute timer
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sharedNodeVariable, startNode } from './support/rabbitmq-node.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const wanted = process.argv.slice(2);

// Found by their sources: the build folder may still hold tests that were renamed or removed.
const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .map((file) => relative('.', join(root, 'build', 'test', file.replace(/\.ts$/, '.js'))))
  .sort();

if (files.length === 0) {
  console.error(`no test file below test/ has ${wanted.map((part) => `'${part}'`).join(' or ')} in its path`);
  process.exit(1);
}

// It takes seconds to start: tests that need no broker do not wait for it, the others do when they open a virtual host.
const needed =
  process.env.TEST_AMQP_URI === undefined &&
  files.some((file) => /(amqp|examples|faults)\/(?!embedded|take-over)/.test(file));
const node = needed ? await startNode().catch(giveUp) : undefined;

// Most tests wait more than they work, so two files at a time are welcome on any machine; the faults are timed, and have it
// for themselves. Each goes on where the other failed: all that is wrong is told at once.
const [faults, others] = [files.filter(isTimed), files.filter((file) => !isTimed(file))];
const codes = [await run(others, Math.max(2, availableParallelism() - 1)), await run(faults, 1)];
process.exitCode = Math.max(...codes);
await node?.stop();

function isTimed(file: string): boolean {
  return file.includes(join('test', 'faults', ''));
}

/** Runs test files, so many at a time. Resolves with the exit code. */
async function run(some: readonly string[], concurrency: number): Promise<number> {
  if (some.length === 0) return 0;
  // The time limit ends a file whose tests passed but left something open, too.
  const limits = [
    `--test-timeout=${process.env.TEST_TIMEOUT ?? '300000'}`,
    `--test-concurrency=${concurrency}`,
  ];
  const tests = spawn(process.execPath, ['--test', '--test-reporter=spec', ...limits, ...some], {
    stdio: 'inherit',
    env: { ...process.env, ...(node && { [sharedNodeVariable]: JSON.stringify(node.address) }) },
  });
  const [code, signal] = await once(tests, 'close');
  if (signal) console.error(`the test runner was ended by ${signal}`);
  return code ?? 1;
}

// Where RabbitMQ is missing its error says what to install; where in here it was thrown is of no use.
function giveUp({ message }: Error): never {
  console.error(message);
  process.exit(1);
}
