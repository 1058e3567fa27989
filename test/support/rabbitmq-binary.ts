import { execFile } from 'node:child_process';
import { access, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The folder of RabbitMQ's own scripts. Installs Debian's package where it is missing and we may. */
export async function rabbitmqScripts(): Promise<string> {
  const present = await findScripts();
  if (present) return present;
  if (process.getuid?.() !== 0 || !(await isDebian())) {
    throw new Error(
      'rabbitmq-server is not on the PATH: install RabbitMQ (Debian: apt-get install rabbitmq-server, ' +
        'macOS: brew install rabbitmq), or set TEST_AMQP_URI to a running broker.',
    );
  }
  await install();
  const installed = await findScripts();
  if (!installed) throw new Error('apt-get installed rabbitmq-server, but it is not on the PATH.');
  return installed;
}

// What Debian puts on the PATH is a wrapper that changes the user and has its own folders; the real script is beside it.
async function findScripts(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter).concat('/usr/sbin', '/usr/lib/rabbitmq/bin');
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
