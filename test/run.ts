// What `npm test` runs: every *.test.ts of the sources, or those whose path contains one of the arguments, beside one
// private RabbitMQ that all files share.
//   npm test
//   npm test -- execute timer
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
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

// The time limit ends a file whose tests passed but left something open, too.
const timeout = process.env.TEST_TIMEOUT ?? '300000';
const options = ['--test', '--test-reporter=spec', `--test-timeout=${timeout}`];
// What is timed has the machine for itself. Else Node runs as many files at the same time as there are cores, less one.
const concurrency = process.env.TEST_CONCURRENCY;
if (concurrency !== undefined) options.push(`--test-concurrency=${concurrency}`);
const tests = spawn(process.execPath, [...options, ...files], {
  stdio: 'inherit',
  env: { ...process.env, ...(node && { [sharedNodeVariable]: JSON.stringify(node.address) }) },
});
const [code, signal] = await once(tests, 'close');
if (signal) console.error(`the test runner was ended by ${signal}`);
process.exitCode = code ?? 1;
await node?.stop();

// Where RabbitMQ is missing its error says what to install; where in here it was thrown is of no use.
function giveUp({ message }: Error): never {
  console.error(message);
  process.exit(1);
}
