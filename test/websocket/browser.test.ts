import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { openPage } from '../support/chromium.js';
import { root } from '../support/sources.js';
import { WorkModule } from './fixtures/work.js';
import { servePage } from './support/page-server.js';
import { serve } from './support/serve.js';

const script = 'build/test/websocket/fixtures/page.js';

test('in a browser the client does what it does elsewhere', async (t) => {
  const page = await servePage(t, script);
  await serve(t, WorkModule, { workerMode: 'inline', webSocket: { server: page.server } });

  await openPage(t, page.url);

  assert.deepEqual(await page.told, {
    echoed: true,
    known: true,
    late: 'RPC_TIMED_OUT',
    headers: 'RPC_UNSENDABLE',
    targets: true,
    info: 'Work.echo',
    state: 'closed',
  });
});

test('a page of another origin cannot connect', async (t) => {
  const page = await servePage(t, script);
  const { port, runner } = await serve(t, WorkModule, { workerMode: 'inline' });

  await openPage(t, `${page.url}/?service=127.0.0.1:${port}`);

  assert.deepEqual(await page.told, { first: 'RpcUnreachableError', code: 'RPC_UNREACHABLE' });
  assert.ok(runner.routes.every(({ counts }) => counts.succeeded === 0));
});

test('the client for browsers imports nothing of Node, and no package', () => {
  const seen = new Set<string>();
  const foreign: string[] = [];
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
    for (const { fileName } of importedFiles) {
      if (fileName.startsWith('.')) follow(join(dirname(file), fileName));
      else if (fileName === '@micro-framework/core/rpc')
        follow(join(root, 'packages/core/dist/rpc/index.js'));
      else foreign.push(`${relative(root, file)}: ${fileName}`);
    }
  };

  follow(join(root, 'packages/websocket/dist/client/index.js'));

  assert.ok(seen.size > 15);
  assert.deepEqual(foreign, []);
});
