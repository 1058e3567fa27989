import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);

// A hook of the module loader that refuses a package by its name.
const refusing = (name: string): string =>
  `export async function resolve(specifier, context, next) {
    if (specifier === '${name}') throw new Error('loaded ' + specifier);
    return next(specifier, context);
  }`;

/** Imports the kernel, as every worker does, where a package must not be loaded. */
async function importWithout(name: string): Promise<string> {
  const hooks = `data:text/javascript,${encodeURIComponent(refusing(name))}`;
  const script = `
    import { register } from 'node:module';
    register(${JSON.stringify(hooks)});
    await import('@micro-framework/core');
    console.log('imported');`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  return stdout;
}

test('a worker that imports the kernel does not pay for zod', async () => {
  assert.equal(await importWithout('zod'), 'imported\n');
});

test('it does load what handlers need', async () => {
  await assert.rejects(importWithout('tsyringe'), /loaded tsyringe/);
});
