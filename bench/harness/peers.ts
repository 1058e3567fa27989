import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = fileURLToPath(new URL('../../../bench/', import.meta.url));

/** Installs what only benchmarks need, unless it is there as the lock file says. */
export function installPeers(): void {
  const lock = join(folder, 'package-lock.json');
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('installing the peers (once)');
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`npm ci --prefix bench failed with exit code ${status}`);
}

/**
 * Loads a package that only benchmarks have. Typed by what is used of it, and loaded by name, so that the build does
 * not need it.
 */
export async function peer<Module>(name: string): Promise<Module> {
  const require = createRequire(join(folder, 'package.json'));
  return (await import(pathToFileURL(require.resolve(name)).href)) as Module;
}

/** The installed versions of packages, peers or not. What we use ourselves goes before what peers bring along. */
export function versionsOf(packages: readonly string[]): Record<string, string> {
  const folders = [fileURLToPath(new URL('../../../', import.meta.url)), folder];
  return Object.fromEntries(
    packages.map((name) => {
      const files = folders.map((at) => join(at, 'node_modules', name, 'package.json'));
      const { version } = JSON.parse(readFileSync(files.find(existsSync) ?? '', 'utf8')) as {
        version: string;
      };
      return [name, version];
    }),
  );
}
