import { execFile } from 'node:child_process';
import { access, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A folder where RabbitMQ is looked for alone, and where nothing is installed: for the tests of what is said then. */
const onlyFolder = process.env.TEST_RABBITMQ_FOLDER;

/**
 * The folder of RabbitMQ's own scripts. Installs Debian's package where it is missing and we may; rejects with a sentence
 * that says what to install where we may not.
 */
export async function rabbitmqScripts(): Promise<string> {
  const scripts = (await findScripts()) ?? (await installedScripts());
  if (await isOnPath('erl_call')) return scripts;
  throw new Error(
    `erl_call is not on the PATH, with which tests talk to RabbitMQ: it comes with Erlang (Debian: apt-get install ` +
      `erlang-base; elsewhere it is in lib/erl_interface-*/bin of Erlang's folder), or set TEST_AMQP_URI to a running broker.`,
  );
}

async function installedScripts(): Promise<string> {
  if (onlyFolder !== undefined || process.getuid?.() !== 0 || !(await isDebian())) {
    throw new Error(
      'rabbitmq-server is not on the PATH: install RabbitMQ (Debian: apt-get install rabbitmq-server, ' +
        'macOS: brew install rabbitmq), or set TEST_AMQP_URI to a running broker.',
    );
  }
  await install().catch((error: Error) => {
    throw new Error(`rabbitmq-server is missing, and could not be installed: ${error.message}`, {
      cause: error,
    });
  });
  const scripts = await findScripts();
  if (!scripts) throw new Error('apt-get installed rabbitmq-server, but it is not on the PATH.');
  return scripts;
}

async function isOnPath(program: string): Promise<boolean> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = await Promise.all(folders.map((folder) => exists(join(folder, program))));
  return found.includes(true);
}

// What Debian puts on the PATH is a wrapper that changes the user and has its own folders; the real script is beside it.
async function findScripts(): Promise<string | undefined> {
  const path = (process.env.PATH ?? '').split(delimiter).concat('/usr/sbin', '/usr/lib/rabbitmq/bin');
  const folders = onlyFolder === undefined ? path : [onlyFolder];
  for (const folder of folders.filter((path) => path !== '')) {
    const script = await realpath(join(folder, 'rabbitmq-server')).catch(() => undefined);
    if (script === undefined) continue;
    const real = join(dirname(script), 'rabbitmq-server');
    if (await exists(real)) return dirname(real);
  }
  return undefined;
}

async function isDebian(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(?:_LIKE)?=.*debian/m.test(release);
}

async function install(): Promise<void> {
  console.error('rabbitmq-server is missing: installing the Debian package');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // The package starts a broker of its own unless it is told not to.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !(await exists(policy));
  if (ours) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await run('apt-get', ['update', '-q'], { env });
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'rabbitmq-server'], { env });
  } finally {
    if (ours) await rm(policy);
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
