import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { root } from '../../support/sources.js';

/** A server of one page, which runs a script and tells what it found. */
export interface PageServer {
  readonly server: Server;
  readonly url: string;
  /** What the page told. */
  readonly told: Promise<unknown>;
}

// What `import` means in the page: the very files that are published.
const imports = {
  '@micro-framework/core/rpc': '/packages/core/dist/rpc/index.js',
  '@micro-framework/websocket/client': '/packages/websocket/dist/client/index.js',
};

/** Serves a page whose script is a built file of the repository. */
export async function servePage(t: Pick<TestContext, 'after'>, script: string): Promise<PageServer> {
  const page =
    `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>` +
    `<script type="module">import { run } from '/${script}';
      const post = (body) => fetch('/told', { method: 'POST', body: JSON.stringify(body) });
      run(location).then(post, (error) => post({ failed: String(error.stack) }));
      addEventListener('error', ({ message }) => post({ failed: message }));</script>`;
  let tell: (value: unknown) => void = () => {};
  const told = new Promise((resolve) => {
    tell = resolve;
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    if (path === '/told') {
      const body = await request.toArray();
      tell(JSON.parse(Buffer.concat(body).toString()));
      response.end();
    } else if (path === '/') {
      response.setHeader('content-type', 'text/html').end(page);
    } else {
      const file = await readFile(join(root, path)).catch(() => undefined);
      response.statusCode = file ? 200 : 404;
      response.setHeader('content-type', 'text/javascript').end(file);
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}
