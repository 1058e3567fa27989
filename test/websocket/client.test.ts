import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { RpcClient } from '@micro-framework/websocket/client';
import { eventually } from '../support/eventually.js';
import type { Quotes } from './fixtures/quotes.js';
import { QuotesModule } from './fixtures/quotes.js';
import { type Work, WorkModule } from './fixtures/work.js';
import { clientOf } from './support/client.js';
import { scriptedServer } from './support/scripted-server.js';
import { serve } from './support/serve.js';
import { startWork } from './support/work-process.js';

const inline = { workerMode: 'inline' } as const;

describe('a client', () => {
  test('feels like the service', async (t) => {
    const { url, runner } = await serve(t, QuotesModule, inline);
    const quotes = clientOf(t, url).service<Quotes>();

    assert.deepEqual(await Promise.all([quotes.price('A'), quotes.price('B', 'EUR')]), [
      'A in USD',
      'B in EUR',
    ]);
    assert.equal(await quotes.price.call(['C'], { timeout: 5_000 }), 'C in USD');
    const [before = assert.fail()] = runner.routes;
    const succeeded = before.counts.succeeded;
    await quotes.price.notify('D');
    await eventually(() => assert.equal(runner.routes[0]?.counts.succeeded, succeeded + 1));
    assert.throws(() => clientOf(t, url).service<Quotes>().price.info, {
      code: 'RPC_UNKNOWN_TARGET',
      message: /await targets\(\) once/i,
    });
    const targets = await quotes.targets();
    assert.deepEqual(
      targets.map(({ target }) => target),
      ['Quotes.price', 'Quotes.where', 'Quotes.context'],
    );
    assert.deepEqual(quotes.price.info, {
      target: 'Quotes.price',
      description: 'The last price of a symbol.',
      parameters: [
        { name: 'symbol', kind: 'positional', hasDefault: false, required: false },
        { name: 'currency', kind: 'positional', hasDefault: true, required: false },
      ],
    });
  });

  test('is a plain object to those who await it or print it', async (t) => {
    const quotes = clientOf(t, 'ws://127.0.0.1:1').service<Quotes>('Quotes');

    assert.equal(await quotes, quotes);
    assert.equal(JSON.stringify(quotes), '{}');
    assert.equal(quotes.price, quotes.price);
  });

  test('asks once for names that nobody told it, and keeps one connection for everything', async (t) => {
    let connections = 0;
    const { url } = await serve(t, QuotesModule, {
      ...inline,
      webSocket: { authenticate: () => ++connections },
    });
    const client = clientOf(t, url);
    const quotes = client.service<Quotes>();

    await Promise.all(Array.from({ length: 300 }, () => quotes.price('A')));

    assert.equal(connections, 1);
    assert.equal(client.pending, 0);
  });

  test('does not ask where the service is named', async (t) => {
    const server = await scriptedServer(t, (text, socket) => {
      const { id, params } = JSON.parse(text) as { id: number; params: unknown };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: params }));
    });
    const client = clientOf(t, server.url, { protocol: 'json-rpc' });

    await client.service<Quotes>('Quotes').price('A');
    await client.service<Quotes>('').price('A');

    assert.deepEqual(
      server.heard.map((text) => JSON.parse(text)),
      [
        { jsonrpc: '2.0', method: 'Quotes.price', params: ['A'], id: 1 },
        { jsonrpc: '2.0', method: 'price', params: ['A'], id: 2 },
      ],
    );
  });

  test('tells what is ambiguous, what is not offered and what does not fit', async (t) => {
    const both = ['Quotes.price', 'Goods.price'].map((name) => ({ name, params: [] }));
    const server = await scriptedServer(t, (text, socket) => {
      const { id } = JSON.parse(text) as { id: number };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: { methods: both } }));
    });
    const { url } = await serve(t, QuotesModule, inline);
    const quotes = clientOf(t, url).service<Quotes & { rice(): void }>();

    await assert.rejects(async () => clientOf(t, server.url).service<Quotes>().price('A'), {
      code: 'RPC_UNKNOWN_TARGET',
      message: `${server.url} offers price as Quotes.price, Goods.price: say which is meant with the option service.`,
    });
    await assert.rejects(async () => quotes.rice(), {
      code: 'RPC_UNKNOWN_TARGET',
      message: `${url} offers no rice: it has Quotes.price, Quotes.where, Quotes.context.`,
    });
    await assert.rejects(async () => clientOf(t, url).call('Quotes.secret'), { code: 'RPC_UNKNOWN_TARGET' });
    await assert.rejects(async () => clientOf(t, url).call('Quotes.price', [1, 2, 3]), {
      code: 'RPC_BAD_ARGUMENTS',
      message: `${url}: Quotes.price() takes from 1 to 2 positional arguments but 3 were given`,
    });
  });

  test('cannot send what is not JSON', async (t) => {
    const client = clientOf(t, 'ws://127.0.0.1:1');

    await assert.rejects(client.call('x', [1n]), {
      code: 'RPC_UNSENDABLE',
      message: /the arguments of x cannot be JSON: .*BigInt/,
    });
    assert.equal(client.state, 'idle');
  });

  test('leaves out what is undefined at the end, so that defaults apply', async (t) => {
    const { url } = await serve(t, QuotesModule, inline);

    assert.equal(await clientOf(t, url).service<Quotes>().price('A', undefined), 'A in USD');
  });

  test('speaks the protocol of the original, one call at a time', async (t) => {
    const { url } = await serve(t, WorkModule, { maxWorkers: 2 });
    const client = clientOf(t, url, { protocol: 'seed' });
    const work = client.service<Work>();

    const both = await Promise.all([work.slow(200), work.running()]);

    assert.deepEqual(both, [200, 0]);
    assert.ok(Number.isNaN(await work.echo(Number.NaN).catch(String)) === false);
    await assert.rejects(async () => work.slow.call([60_000], { timeout: 100 }), { code: 'RPC_TIMED_OUT' });
    assert.equal(await work.echo('not the answer of the call before'), 'not the answer of the call before');
    assert.deepEqual(work.echo.info.parameters, [
      { name: 'value', kind: 'positional', hasDefault: false, required: true },
    ]);
  });
});

describe('the protocol of the original', () => {
  const answer = (data: unknown): string => JSON.stringify({ data, exception: null });
  const exception = (name: string, message: string): string =>
    JSON.stringify({
      data: null,
      exception: { exception: name, message, args: [message], kwargs: {}, module: null },
    });

  test('has a call tried again for which there is no room, until there is', async (t) => {
    const server = await scriptedServer(t, (_text, socket, count) => {
      socket.send(count <= 2 ? exception('MaxConnectionsReached', 'No Available Workers') : answer(count));
    });
    const client = clientOf(t, server.url, { protocol: 'seed' });

    assert.equal(await client.call('echo'), 3);
    assert.equal(client.pending, 0);
  });

  test('has a call rejected for which there is no room in time', async (t) => {
    const server = await scriptedServer(t, (_text, socket) =>
      socket.send(exception('MaxConnectionsReached', 'No Available Workers')),
    );
    const client = clientOf(t, server.url, { protocol: 'seed' });

    await assert.rejects(client.call('echo', [], { timeout: 200 }), {
      code: 'RPC_BUSY',
      message: /found no room in time: No Available Workers/,
    });
    assert.ok(server.heard.length > 1);
  });

  test('answers a notification, too, which is for nobody', async (t) => {
    const server = await scriptedServer(t, (_text, socket, count) => {
      if (count > 1) socket.send(answer(count));
    });
    const client = clientOf(t, server.url, { protocol: 'seed' });

    await client.notify('echo', [1]);
    const next = client.call('echo', [2]);
    await eventually(() => assert.equal(server.heard.length, 1));
    server.connections[0]?.send(exception('ValueError', 'for nobody'));

    assert.equal(await next, 2);
    assert.equal(client.pending, 0);
  });
});

describe('a call', () => {
  test('that is not answered in time is given up, and its late answer goes nowhere', async (t) => {
    const { url } = await serve(t, WorkModule, inline);
    const client = clientOf(t, url);
    const work = client.service<Work>('Work');

    await assert.rejects(async () => work.slow.call([60_000], { timeout: 100 }), {
      code: 'RPC_TIMED_OUT',
      message: `${url}: Work.slow was not answered in time`,
    });
    assert.equal(client.pending, 0);
    // The callee knew how long its caller would wait, and was told when that was over.
    await eventually(async () => assert.equal(await work.running(), 0));
  });

  test('that is aborted rejects with the reason of the signal', async (t) => {
    const { url } = await serve(t, WorkModule, inline);
    const client = clientOf(t, url);
    const work = client.service<Work>('Work');
    const controller = new AbortController();

    const call = work.slow.call([60_000], { signal: controller.signal });
    await eventually(async () => assert.equal(await work.running(), 1));
    controller.abort(new Error('changed my mind'));

    await assert.rejects(async () => call, /changed my mind/);
    await assert.rejects(async () => work.echo.call([1], { signal: controller.signal }), /changed my mind/);
    assert.equal(client.pending, 0);
  });

  test('for which there is no room is tried again until there is', async (t) => {
    const { url } = await serve(t, WorkModule, { maxWorkers: 1, maxQueue: 0 });
    const work = clientOf(t, url).service<Work>('Work');

    const all = await Promise.all([1, 2, 3, 4].map(() => work.slow(100)));

    assert.deepEqual(all, [100, 100, 100, 100]);
    const held = work.slow(2_000);
    await assert.rejects(async () => work.echo.call([1], { timeout: 300 }), {
      code: 'RPC_BUSY',
      message: /found no room in time: No Available Workers/,
    });
    assert.equal(await held, 2_000);
  });

  test('is tried again over there as its route says, while its caller waits', async (t) => {
    const { url } = await serve(t, WorkModule, inline);
    const work = clientOf(t, url).service<Work>('Work');

    assert.equal(await work.flaky(2), 2);
    await assert.rejects(async () => work.flaky(3), /failure 3/);
    // Its next try would come when nobody waits any longer.
    await assert.rejects(async () => work.hopeless.call([], { timeout: 5_000 }), /hopeless/);
    assert.equal(await work.tries(), 1);
  });

  test('that waited for a worker until its time was over is not begun', async (t) => {
    const { url, runner } = await serve(t, WorkModule, { maxWorkers: 1 });
    const work = clientOf(t, url).service<Work>('Work');
    const counts = runner.routes.find(({ target }) => target === 'Work.echo')?.counts;

    const first = work.slow(1_000);
    await assert.rejects(async () => work.echo.call([1], { timeout: 100 }), { code: 'RPC_TIMED_OUT' });
    await first;
    await work.running();

    assert.deepEqual([counts?.succeeded, counts?.filtered], [0, 1]);
  });

  test('whose worker died, or took too long, says so', async (t) => {
    const { url } = await serve(t, WorkModule, { taskTimeout: 300, taskGrace: 100 });
    const work = clientOf(t, url).service<Work>('Work');

    await assert.rejects(async () => work.die(), {
      code: 'RPC_CRASHED',
      message: /the worker of call quotes\.Work\.die\.[\w-]+ died$/,
    });
    await assert.rejects(async () => work.burn(60_000), {
      code: 'RPC_TIMED_OUT',
      message: /call quotes\.Work\.burn\.[\w-]+ took too long$/,
    });
    assert.equal(await work.echo('and on it goes'), 'and on it goes');
  });

  test('waits for a server that is not there yet', async (t) => {
    const first = await startWork(t);
    await first.kill('SIGKILL');
    const client = clientOf(t, first.url);

    const call = client.call('Work.echo', ['at last']);
    await assert.rejects(client.call('Work.echo', [1], { timeout: 100 }), {
      code: 'RPC_UNREACHABLE',
      message: /ECONNREFUSED.*\. Does it run there\? Check host and port\.$/,
    });
    await startWork(t, first.port);

    assert.equal(await call, 'at last');
  });

  test('is refused where the client is not let in', async (t) => {
    const { url } = await serve(t, QuotesModule, {
      ...inline,
      webSocket: { authenticate: ({ headers }) => headers.authorization ?? null },
    });

    await assert.rejects(clientOf(t, url).call('Quotes.price', ['A']), {
      code: 'RPC_UNAUTHORIZED',
      message: /the server answered 401/,
    });
    const known = clientOf(t, url, { headers: { authorization: 'Bearer me' } });
    assert.equal(await known.call('Quotes.price', ['A']), 'A in USD');
  });
});

describe('what no connection can be opened with', () => {
  test('is told where the client is made, if it is the URL', () => {
    for (const [url, message] of [
      ['localhost:8765', "localhost:8765 is no WebSocket's: write ws://host:port or wss://host:port."],
      ['127.0.0.1:8765', '127.0.0.1:8765 is no URL: write ws://host:port or wss://host:port.'],
      ['ws://127.0.0.1/#a', 'ws://127.0.0.1/#a ends in #a, which no server gets: leave it out.'],
    ] as const)
      assert.throws(() => new RpcClient(url), { code: 'RPC_UNREACHABLE', message });
  });

  test('is told by each call, as whatever keeps a connection from being opened', async (t) => {
    const client = clientOf(t, 'ws://127.0.0.1:1', { headers: { authorization: 'two\nlines' } });
    const refused = { code: 'RPC_UNREACHABLE', message: /Invalid character in header content/ };

    for (let round = 0; round < 2; round++) {
      await assert.rejects(client.call('echo', [round], { timeout: 200 }), refused);
      assert.equal(client.pending, 0);
      assert.notEqual(client.state, 'connecting');
    }
  });
});

describe('a server that is killed', () => {
  test('leaves its callers with a typed error; what may run twice is sent to the next', async (t) => {
    const server = await startWork(t);
    const client = clientOf(t, server.url, { timeout: 20_000 });
    const work = client.service<Work>('Work');
    const lost = Promise.allSettled([work.slow(60_000), work.slow(60_000)]);
    const kept = work.slow.call([500], { idempotent: true });
    await eventually(async () => assert.equal(await work.running(), 3));

    await server.kill('SIGKILL');
    const endings = await lost;
    await startWork(t, server.port);

    for (const ending of endings) {
      assert.equal(ending.status, 'rejected');
      const { code, message } = (ending as PromiseRejectedResult).reason as { code: string; message: string };
      assert.equal(code, 'RPC_CONNECTION_LOST');
      assert.match(message, /the connection was lost before Work\.slow was answered: closed with 1006/);
    }
    assert.equal(await kept, 500);
    assert.equal(await work.echo('again'), 'again');
  });

  test('in order says goodbye, and lets calls that run end', async (t) => {
    const server = await startWork(t);
    const client = clientOf(t, server.url);
    const work = client.service<Work>('Work');
    const running = work.slow(500);
    await eventually(async () => assert.equal(await work.running(), 1));

    const ended = server.kill('SIGTERM');

    assert.equal(await running, 500);
    await ended;
    await eventually(() => assert.equal(client.state, 'idle'));
  });
});

describe('a client that is closed', () => {
  test('rejects what is open, and whatever comes after', async (t) => {
    const { url } = await serve(t, WorkModule, inline);
    const client = new RpcClient(url);
    const open = Promise.allSettled([client.call('Work.slow', [60_000]), client.call('Work.slow', [60_000])]);
    await client.call('Work.echo', [1]);

    await client.close();

    for (const ending of await open)
      assert.equal(ending.status === 'rejected' && ending.reason.code, 'RPC_UNREACHABLE');
    await assert.rejects(client.call('Work.echo', [1]), {
      code: 'RPC_UNREACHABLE',
      message: `${url}: the client is closed`,
    });
    assert.equal(client.state, 'closed');
    await client.close();
  });
});

test('a client that is closed twice at once is closed for both', async (t) => {
  const { url } = await serve(t, QuotesModule, inline);
  const client = new RpcClient(url);
  await client.call('Quotes.price', ['A']);

  await Promise.all([client.close(), client.close()]);

  assert.equal(client.state, 'closed');
});

describe('too many calls', () => {
  test('are refused when too many wait already', async (t) => {
    const client = clientOf(t, 'ws://127.0.0.1:1', { maxInFlight: 1, maxQueue: 2, timeout: 500 });
    const waiting = Promise.allSettled([1, 2, 3].map((value) => client.call('echo', [value])));

    await assert.rejects(client.call('echo', [4]), {
      code: 'RPC_BUSY',
      message: /3 calls wait already \(maxQueue\)/,
    });

    for (const ending of await waiting)
      assert.equal(ending.status === 'rejected' && ending.reason.code, 'RPC_UNREACHABLE');
  });

  test('are sent no faster than the connection takes them', async (t) => {
    const server = await scriptedServer(t, () => {});
    const client = clientOf(t, server.url);
    await client.notify('warm up');
    await eventually(() => assert.equal(server.connections.length, 1));
    server.connections[0]?.pause();
    let sent = 0;
    const large = 'x'.repeat(200_000);

    const all = Promise.all(
      Array.from({ length: 200 }, async () => {
        await client.notify('large', [large]);
        sent += 1;
      }),
    );
    let before = -1;
    await eventually(async () => {
      before = sent;
      await wait(200);
      assert.equal(sent, before);
    });

    assert.ok(sent < 200, String(sent));
    server.connections[0]?.resume();
    await all;
    await eventually(() => assert.equal(server.heard.length, 201));
  });
});
