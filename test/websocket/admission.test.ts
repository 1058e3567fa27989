import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bootstrap, type WebSocketOptions } from 'micro-framework';
import { WebSocket } from 'ws';
import { QuotesModule, SecondModule } from './fixtures/quotes.js';
import { connectRaw } from './support/raw-client.js';
import { type Served, serve } from './support/serve.js';

function open(t: TestContext, webSocket: WebSocketOptions): Promise<Served> {
  return serve(t, QuotesModule, { workerMode: 'inline', webSocket });
}

/** The status that a client is refused with. */
async function refusal(
  url: string,
  options: { headers?: Record<string, string>; localAddress?: string } = {},
): Promise<number> {
  const socket = new WebSocket(url, options);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number; resume(): void },
  ];
  response.resume();
  return response.statusCode;
}

const call = { jsonrpc: '2.0', id: 1, method: 'Quotes.context' };

describe('who may connect', () => {
  test('is for authenticate to say: 401 for nobody, and the handler learns who it is', async (t) => {
    const authenticate: WebSocketOptions['authenticate'] = ({ headers }) =>
      headers.authorization === 'Bearer good' ? { user: 'ada' } : null;
    const { url, runner } = await open(t, { authenticate });

    assert.equal(await refusal(url), 401);
    assert.equal(await refusal(url, { headers: { authorization: 'Bearer bad' } }), 401);
    assert.ok(runner.routes.every(({ counts }) => counts.succeeded === 0));
    const client = await connectRaw(t, url, { headers: { authorization: 'Bearer good' } });
    const { result } = (await client.ask(call)) as { result: { principal: unknown } };
    assert.deepEqual(result.principal, { user: 'ada' });
  });

  test('nobody, while authenticate fails, hangs, or forgets to return', async (t) => {
    let means: () => unknown = () => undefined;
    const { url } = await open(t, { authenticate: () => means(), limits: { handshakeTimeout: 200 } });

    assert.equal(await refusal(url), 401);
    means = () => Promise.reject(new Error('the directory is down'));
    assert.equal(await refusal(url), 500);
    means = () => new Promise(() => {});
    assert.equal(await refusal(url), 408);
    means = () => () => 'cannot be copied to a worker';
    assert.equal(await refusal(url), 500);
  });

  test('pages of the same host, and of the origins that are named', async (t) => {
    const same = await open(t, {});
    assert.equal(await refusal(same.url, { headers: { origin: 'https://evil.example' } }), 403);
    assert.equal(await refusal(same.url, { headers: { origin: 'null' } }), 403);
    await connectRaw(t, same.url, { headers: { origin: `http://127.0.0.1:${same.port}` } });
    await connectRaw(t, same.url);
  });

  test('pages of the origins that are named, and no others', async (t) => {
    const { url, port } = await open(t, { origins: ['https://app.example', /\.trusted\.example$/] });

    await connectRaw(t, url, { headers: { origin: 'https://app.example' } });
    await connectRaw(t, url, { headers: { origin: 'https://a.trusted.example' } });
    assert.equal(await refusal(url, { headers: { origin: `http://127.0.0.1:${port}` } }), 403);
    assert.equal(await refusal(url, { headers: { origin: 'https://app.example.evil' } }), 403);
  });

  test('as many as there is room for, in all and from one address', async (t) => {
    const { url } = await open(t, { limits: { maxConnections: 3, maxConnectionsPerAddress: 2 } });
    const first = await connectRaw(t, url);
    await connectRaw(t, url);

    assert.equal(await refusal(url), 429);
    await connectRaw(t, url, { localAddress: '127.0.0.2' });
    assert.equal(await refusal(url, { localAddress: '127.0.0.3' }), 503);
    first.socket.close();
    await first.closed;
    await connectRaw(t, url);
  });

  test('nobody on another path', async (t) => {
    const { url } = await open(t, { path: '/rpc' });

    assert.equal(await refusal(url), 404);
    const client = await connectRaw(t, `${url}/rpc?token=1`);
    assert.ok(await client.ask(call));
  });
});

describe('who may call', () => {
  test('is for authorize to say: the handler is not called, and what may not be called is not listed', async (t) => {
    const asked: unknown[] = [];
    const { url, runner } = await open(t, {
      authenticate: () => ({ role: 'guest' }),
      authorize: (principal: { role: string }, { target }) => {
        asked.push([principal.role, target]);
        if (target === 'Quotes.where') throw new Error('the rules are broken');
        return target === 'Quotes.price' || (undefined as never);
      },
    });
    const client = await connectRaw(t, url);

    const answers = [];
    for (const method of ['Quotes.context', 'Quotes.where', 'Quotes.price'])
      answers.push(await client.ask({ jsonrpc: '2.0', id: 1, method, params: [] }));

    const refused = (method: string): object => {
      return { jsonrpc: '2.0', error: { code: -32003, message: `${method}: you may not call it` }, id: 1 };
    };
    assert.deepEqual(answers.slice(0, 2), [refused('Quotes.context'), refused('Quotes.where')]);
    assert.equal((answers[2] as { result: string }).result, 'undefined in USD');
    assert.deepEqual(
      runner.routes.map(({ counts }) => counts.succeeded),
      [1, 0, 0],
    );
    assert.deepEqual(asked[0], ['guest', 'Quotes.context']);
    const listed = (await client.ask({ jsonrpc: '2.0', id: 2, method: 'rpc.discover' })) as {
      result: { methods: { name: string }[] };
    };
    assert.deepEqual(
      listed.result.methods.map(({ name }) => name),
      ['Quotes.price'],
    );
  });

  test('keeps the names of targets from those who guess at them', async (t) => {
    const { url } = await open(t, { authorize: () => false });
    const client = await connectRaw(t, url);

    const { error } = (await client.ask({ jsonrpc: '2.0', id: 1, method: 'Quotes.prices' })) as {
      error: { message: string };
    };

    assert.match(error.message, /^Quotes\.prices does not exist or is not exposed through a RPC method\.$/);
  });

  test('holds in the protocol of the original, too', async (t) => {
    const { url } = await open(t, { authorize: (_principal, { target }) => target === 'Quotes.where' });
    const client = await connectRaw(t, url);

    const answer = (await client.ask({ command: 'Quotes.price', command_args: ['A'] })) as {
      exception: { exception: string };
    };
    const listed = (await client.ask({ command: '__list_targets__' })) as { data: { target: string }[] };
    const got = (await client.ask({ command: '__get_target__', command_args: ['Quotes.price'] })) as {
      exception: { exception: string };
    };

    assert.equal(answer.exception.exception, 'PermissionError');
    assert.deepEqual(
      listed.data.map(({ target }) => target),
      ['Quotes.where'],
    );
    assert.equal(got.exception.exception, 'KeyError');
  });
});

describe('a client that does not become one', () => {
  test('is cut off in time when it says nothing', async (t) => {
    const { port } = await open(t, { limits: { handshakeTimeout: 200 } });
    const socket = connect(port, '127.0.0.1');
    socket.resume();

    await once(socket, 'close', { signal: AbortSignal.timeout(20_000) });
  });

  test('is told what this is when it speaks plain HTTP', async (t) => {
    const { port } = await open(t, {});

    const response = await fetch(`http://127.0.0.1:${port}/`);

    assert.deepEqual([response.status, await response.text()], [426, 'this is a WebSocket server\n']);
  });
});

describe('a server of the user', () => {
  test('is shared: its own requests and other upgrades stay its own, and it is left open', async (t) => {
    const server = createServer((_request, response) => response.end('a page'));
    server.on('upgrade', (request, socket) => {
      if (request.url === '/others') socket.end('HTTP/1.1 418 I am a teapot\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { runner } = await open(t, { server, path: '/rpc' });

    const client = await connectRaw(t, `ws://127.0.0.1:${port}/rpc`);
    assert.ok(await client.ask(call));
    assert.equal(await refusal(`ws://127.0.0.1:${port}/others`), 418);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'a page');
    await runner.stop();
    assert.deepEqual(await client.closed, [1001, 'the service stops']);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'a page');
  });
});

describe('the server', () => {
  const warnings = async (env: NodeJS.ProcessEnv): Promise<string[]> => {
    const main = fileURLToPath(new URL('./fixtures/open-main.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [main], {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, WEBSOCKET_PORT: '0', ...env },
    });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: number; msg: string });
    if (env.TEST_SHARED !== '1') assert.ok(lines.some(({ msg }) => msg === 'the WebSocket server listens'));
    return lines.filter(({ level }) => level >= 40).map(({ msg }) => msg);
  };

  test('warns, in one line, when other machines can reach it and nobody is asked who it is', async () => {
    assert.deepEqual(await warnings({ WEBSOCKET_IP: '0.0.0.0' }), [
      'the WebSocket server can be reached from other machines, and everybody may call: give webSocket.authenticate',
    ]);
    assert.deepEqual(await warnings({ WEBSOCKET_IP: '0.0.0.0', TEST_AUTHENTICATE: '1' }), []);
    assert.deepEqual(await warnings({}), []);
  });

  test('warns as well of a shared one that listens later', async () => {
    const warned = await warnings({ WEBSOCKET_IP: '0.0.0.0', TEST_SHARED: '1' });

    assert.match(String(warned), /^the WebSocket server can be reached from other machines/);
    assert.deepEqual(await warnings({ WEBSOCKET_IP: '127.0.0.1', TEST_SHARED: '1' }), []);
  });

  test('that cannot listen says why, and the service does not start', async (t) => {
    const { port } = await open(t, {});
    const start = (settings: object): Promise<unknown> =>
      bootstrap(SecondModule, { workerMode: 'inline', logLevel: 'silent', signals: false, ...settings });

    await assert.rejects(start({ webSocketPort: port }), {
      code: 'LISTEN_FAILED',
      message: `the WebSocket server cannot listen on 127.0.0.1:${port}: another program listens there. End it, or set WEBSOCKET_PORT to another port`,
    });
    await assert.rejects(
      start({ webSocketIp: '192.0.2.1', webSocketPort: 0 }),
      /this machine has no such address/,
    );
  });
});
