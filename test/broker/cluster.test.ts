import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { dataFolder } from '../support/broker-process.js';

const program = fileURLToPath(new URL('../support/broker-cluster.js', import.meta.url));

test('brokers in processes of node:cluster share neither a port nor a folder', async () => {
  const { storage } = dataFolder();

  const { stdout } = await promisify(execFile)(process.execPath, [program, storage], { timeout: 60_000 });

  const [one, other] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { port: number; folder: string });
  assert.notEqual(one?.port, other?.port);
  assert.deepEqual([one?.folder, other?.folder], ['held', 'BROKER_DATA_IN_USE']);
});
