import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('./run.js', import.meta.url));

test('where rabbitmq-server is missing the tests say in one sentence what to install', async (t) => {
  const { status, stderr } = run(await emptyFolder(t));

  assert.match(
    stderr,
    /^rabbitmq-server is not on the PATH: install RabbitMQ \(.*\), or set TEST_AMQP_URI to .*\.\n$/,
  );
  assert.equal(status, 1);
});

test('where erl_call is missing they say what it comes with', async (t) => {
  const folder = await emptyFolder(t);
  await writeFile(join(folder, 'rabbitmq-server'), '');

  const { status, stderr } = run(folder);

  assert.match(
    stderr,
    /^erl_call is not on the PATH, .* it comes with Erlang \(.*\), or set TEST_AMQP_URI to .*\.\n$/,
  );
  assert.equal(status, 1);
});

test('a word that no path has is told', () => {
  const { status, stderr } = run('', 'nosuchtest');

  assert.equal(stderr, "no test file below test/ has 'nosuchtest' in its path\n");
  assert.equal(status, 1);
});

/** Runs tests that need RabbitMQ where programs are in that folder alone. */
function run(folder: string, words = 'amqp/connection/rights'): { status: number | null; stderr: string } {
  const { TEST_AMQP_URI: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  return spawnSync(process.execPath, [file, words], {
    env: { ...env, PATH: folder, TEST_RABBITMQ_FOLDER: folder },
    encoding: 'utf8',
    timeout: 60_000,
  });
}

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mf-no-rabbit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
