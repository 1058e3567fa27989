import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bootstrap } from 'micro-framework';
import { page } from './page.js';
import { QuotesModule } from './service.js';

// What the page imports: the files of the packages, as they are.
const folders: Record<string, string> = {
  core: new URL('.', import.meta.resolve('@micro-framework/core')).href,
  websocket: new URL('.', import.meta.resolve('@micro-framework/websocket')).href,
};

async function answer({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (url === '/') {
    response.setHeader('content-type', 'text/html').end(page);
    return;
  }
  const [, folder = '', file = ''] = /^\/(core|websocket)\/((?:[\w-]+\/)*[\w-]+\.js)$/.exec(url) ?? [];
  const script = await readFile(new URL(file, folders[folder])).catch(() => undefined);
  response.statusCode = script ? 200 : 404;
  response.setHeader('content-type', 'text/javascript').end(script);
}

// One server for the page and for the calls.
const server = createServer((request, response) => void answer(request, response));
await bootstrap(QuotesModule, { serviceName: 'quotes', webSocket: { server } });
const port = Number(process.env.WEBSOCKET_PORT ?? 8765);
server.listen(port, '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`);
});

// The service ends with a signal; the server is ours to close.
process.once('SIGTERM', () => server.close());
process.once('SIGINT', () => server.close());
