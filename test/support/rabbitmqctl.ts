import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rabbitmqScripts } from './rabbitmq-binary.js';
import { type NodeAddress, nodeName } from './rabbitmq-node.js';

const run = promisify(execFile);

/** Runs a command of RabbitMQ's own tool against a node of ours, as an operator does; what it prints, line by line. It takes seconds. */
export async function rabbitmqctl(
  node: NodeAddress,
  command: string,
  ...args: readonly string[]
): Promise<string[]> {
  const common = ['--node', nodeName(node), '--erlang-cookie', node.cookie, '--quiet'];
  const { stdout } = await run(join(await rabbitmqScripts(), 'rabbitmqctl'), [...common, command, ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: tmpdir(),
      LANG: 'C.UTF-8',
      ERL_EPMD_PORT: String(node.epmdPort),
      RABBITMQ_CONF_ENV_FILE: '/dev/null',
    },
  });
  return stdout.split('\n').filter((line) => line !== '');
}
