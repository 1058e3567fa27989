import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { WorkModule } from './fixtures/work.js';
import { onFrames, openSocket, textFrame } from './support/bare-socket.js';
import { clientOf } from './support/client.js';
import { connectRaw, type RawClient } from './support/raw-client.js';
import { type Served, serve } from './support/serve.js';

function request(id: number, method: string, ...params: unknown[]): object {
  return { jsonrpc: '2.0', id, method: `Work.${method}`, params };
}

/** Calls of a target that succeeded so far. */
function succeeded({ runner }: Served, target: string): number {
  return runner.routes.find((found) => found.target === `Work.${target}`)?.counts.succeeded ?? 0;
}

/** Calls that wait for a worker. */
function queued({ runner }: Served): unknown {
  return runner.health().parts.find(({ name }) => name.startsWith('workers of'))?.details.queued;
}

/** The codes of the next answers, 0 for a result, by id. */
async function codes(client: RawClient, count: number): Promise<Record<number, number>> {
  const answers: Record<number, number> = {};
  for (let heard = 0; heard < count; heard++) {
    const { id, error } = (await client.nextJson()) as { id: number; error?: { code: number } };
    answers[id] = error?.code ?? 0;
  }
  return answers;
}

describe('a message', () => {
  test('that is too long ends its connection with 1009, and no other', async (t) => {
    const { url } = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { maxPayload: 1_000 } },
    });
    const [one, other] = [await connectRaw(t, url), await connectRaw(t, url)];

    one.send(request(1, 'echo', 'x'.repeat(2_000)));

    assert.equal((await one.closed)[0], 1009);
    assert.deepEqual(await other.ask(request(2, 'echo', 'y')), { jsonrpc: '2.0', result: 'y', id: 2 });
  });

  test('that a server would not take is not sent, and costs the other calls nothing', async (t) => {
    const { url } = await serve(t, WorkModule, { workerMode: 'inline' });
    const client = clientOf(t, url);
    const slow = client.call('Work.slow', [200]);

    await assert.rejects(client.call('Work.echo', ['x'.repeat(1024 * 1024)], { idempotent: true }), {
      code: 'RPC_UNSENDABLE',
      message: /Work\.echo cannot be sent: its message has more than 1048576 bytes: .* raise maxRequest/,
    });
    assert.equal(await slow, 200);
    // Two bytes each, in characters it would be short enough.
    await assert.rejects(client.call('Work.echo', ['é'.repeat(600_000)]), { code: 'RPC_UNSENDABLE' });
  });

  test('may be as long as both sides are told', async (t) => {
    const large = 'x'.repeat(2 * 1024 * 1024);
    const { url } = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { maxPayload: 3 * 1024 * 1024 } },
    });
    const client = clientOf(t, url, { maxRequest: 3 * 1024 * 1024 });

    assert.equal(await client.call('Work.echo', [large]), large);
  });

  test('that a client would not take is answered by an error, and costs the other calls nothing', async (t) => {
    const { url } = await serve(t, WorkModule, { workerMode: 'inline' });
    const client = clientOf(t, url);
    const slow = client.call('Work.slow', [300]);

    await assert.rejects(client.call('Work.large', [17 * 1024 * 1024], { idempotent: true }), {
      code: 'RPC_UNSENDABLE',
      message: /Work\.large: the result has more than 16777216 bytes \(webSocket\.limits\.maxResult\)/,
    });
    assert.equal(await slow, 300);
    const answer = await (await connectRaw(t, url)).ask(request(1, 'large', 17 * 1024 * 1024));
    assert.deepEqual(Object.keys((answer as { error: { data: object } }).error.data), ['name', 'code']);
    const longest = await client.call('Work.large', [16 * 1024 * 1024 - 2]);
    assert.equal((longest as string).length, 16 * 1024 * 1024 - 2);
  });

  test('that is not UTF-8 ends its connection with 1007', async (t) => {
    const { url } = await serve(t, WorkModule, { workerMode: 'inline' });
    const client = await connectRaw(t, url);

    client.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });

    assert.equal((await client.closed)[0], 1007);
  });
});

describe('calls beyond what there is room for', () => {
  test('of one connection are answered busy, and others are not concerned', async (t) => {
    const { url } = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { maxInFlight: 2 } },
    });
    const [greedy, modest] = [await connectRaw(t, url), await connectRaw(t, url)];

    for (const id of [1, 2, 3]) greedy.send(request(id, 'slow', 300));
    greedy.send([request(4, 'echo', 1), request(5, 'echo', 2)]);
    const modestly = await modest.ask(request(6, 'echo', 3));

    assert.deepEqual(modestly, { jsonrpc: '2.0', result: 3, id: 6 });
    const [three, batch] = [await greedy.nextJson(), await greedy.nextJson()] as [
      { error: unknown },
      { error: unknown }[],
    ];
    const busy = { code: -32000, message: 'too many calls of this connection are in flight' };
    assert.deepEqual([three.error, ...batch.map(({ error }) => error)], [busy, busy, busy]);
    assert.deepEqual(await codes(greedy, 2), { 1: 0, 2: 0 });
    assert.equal(((await greedy.ask(request(7, 'echo', 4))) as { result: number }).result, 4);
  });

  test('of one connection end it, where answers have to be in order', async (t) => {
    const { url } = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { maxInFlight: 2 } },
    });
    const client = await connectRaw(t, url);

    for (let count = 0; count < 3; count++) client.send({ command: 'Work.slow', command_args: [100] });

    assert.deepEqual(await client.closed, [1008, 'too many requests wait for their answers']);
  });

  test('of one connection end it, where answers have to be in order and those that wait are long', async (t) => {
    const { url } = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { maxBuffered: 10_000 } },
    });
    const [client, other] = [await connectRaw(t, url), await connectRaw(t, url)];
    const long = { command: 'Work.echo', command_args: ['x'.repeat(20_000)] };
    assert.deepEqual(await other.ask(long), { data: long.command_args[0], exception: null });

    client.send({ command: 'Work.slow', command_args: [60_000] });
    for (let count = 0; count < 3; count++)
      client.send({ command: 'Work.echo', command_args: ['x'.repeat(6_000)] });

    assert.deepEqual(await client.closed, [1008, 'too many requests wait for their answers']);
  });

  test('of all connections wait for a worker, then are answered busy', async (t) => {
    const { url } = await serve(t, WorkModule, { maxWorkers: 1, maxQueue: 2 });
    const client = await connectRaw(t, url);

    for (const id of [1, 2, 3, 4, 5]) client.send(request(id, 'slow', 200));

    assert.deepEqual(await codes(client, 5), { 1: 0, 2: 0, 3: 0, 4: -32000, 5: -32000 });
  });
});

describe('the answers of batches', () => {
  test('are errors beyond what may be kept of a connection, which goes on', async (t) => {
    const { url } = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { maxBuffered: 10_000 } },
    });
    const client = await connectRaw(t, url);

    for (let round = 0; round < 2; round++) {
      const batch = [1, 2, 3, 4].map((id) => request(id, 'large', 6_000));
      const answers = (await client.ask(batch)) as { id: number; result?: string; error?: object }[];

      const error = {
        code: -32603,
        message:
          "the answers of this connection's batches are longer than 10000 characters, so this one is not kept; " +
          'the call may have run: ask for less at a time',
      };
      assert.deepEqual(
        answers.map(({ id, result, error: its }) => [id, result?.length, its]),
        [
          [1, 6_000, undefined],
          [2, 6_000, undefined],
          [3, undefined, error],
          [4, undefined, error],
        ],
      );
    }
  });

  test('beyond that are not worked for: what waits for a worker is not begun', async (t) => {
    const served = await serve(t, WorkModule, { webSocket: { limits: { maxBuffered: 10_000 } } });
    const client = await connectRaw(t, served.url);

    const batch = Array.from({ length: 20 }, (_, id) => request(id, 'large', 20_000));
    const answers = (await client.ask(batch)) as { result?: string }[];

    assert.equal(answers.filter(({ result }) => result !== undefined).length, 1);
    // The worker may have had the next by the time the first was too long.
    assert.ok(succeeded(served, 'large') <= 2, `${succeeded(served, 'large')} ran`);
    assert.equal(((await client.ask(request(21, 'echo', 1))) as { result: number }).result, 1);
  });

  test('may be longer together than any text can be: 100 of 6 MB each', async (t) => {
    const { url } = await serve(t, WorkModule);
    const client = await connectRaw(t, url);

    client.send(Array.from({ length: 100 }, (_, id) => request(id, 'large', 6_000_000)));
    const text = await client.next();

    assert.ok(text.length < 6_100_000, `${text.length} characters`);
    assert.equal((JSON.parse(text) as unknown[]).length, 100);
    assert.equal(((await client.ask(request(101, 'echo', 1))) as { result: number }).result, 1);
  });
});

describe('when a connection is over', () => {
  test('its calls that wait for a worker are not begun, but its notifications are', async (t) => {
    const served = await serve(t, WorkModule);
    const [client, other] = [await connectRaw(t, served.url), await connectRaw(t, served.url)];
    client.send(request(0, 'slow', 500));
    for (let id = 1; id <= 10; id++) client.send(request(id, 'large', 1));
    client.send([request(11, 'large', 1), request(12, 'large', 1)]);
    client.send({ jsonrpc: '2.0', method: 'Work.running' });
    await eventually(() => assert.equal(queued(served), 13));

    client.socket.terminate();
    await client.closed;

    assert.equal(((await other.ask(request(1, 'echo', 1))) as { result: number }).result, 1);
    const ran = ['slow', 'large', 'running'].map((target) => succeeded(served, target));
    assert.deepEqual(ran, [1, 0, 1]);
  });

  test('what waited for its turn on it is not begun', async (t) => {
    const served = await serve(t, WorkModule, { workerMode: 'inline' });
    const [client, other] = [await connectRaw(t, served.url), await connectRaw(t, served.url)];
    client.send({ command: 'Work.slow', command_args: [200] });
    for (let count = 0; count < 10; count++) client.send({ command: 'Work.vain' });
    await eventually(async () => assert.equal(await running(other), 1));

    client.socket.terminate();
    await eventually(() => assert.equal(succeeded(served, 'slow'), 1));

    // Those of the other one come after whatever was begun in that moment.
    assert.equal(((await other.ask(request(1, 'echo', 1))) as { result: number }).result, 1);
    assert.equal(((await other.ask(request(2, 'tries'))) as { result: number }).result, 0);
  });

  test('so are the retries of its calls', async (t) => {
    const { url } = await serve(t, WorkModule, { workerMode: 'inline' });
    const [client, other] = [await connectRaw(t, url), await connectRaw(t, url)];
    const tries = async (): Promise<number> =>
      ((await other.ask(request(1, 'tries'))) as { result: number }).result;
    const before = await tries();
    client.send(request(1, 'vain'));
    await eventually(async () => assert.equal(await tries(), before + 1));

    client.socket.terminate();
    await client.closed;

    // It fails after one retry, which is after the time of the one that was lost.
    assert.ok(await other.ask(request(2, 'vain')));
    assert.equal(await tries(), before + 3);
  });

  test('though it does not say goodbye in turn, its calls are not begun', async (t) => {
    const served = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { maxInFlight: 1 } },
    });
    const socket = await openSocket(t, served.port, 'ufw');
    const goodbye = new Promise<void>((resolve) => {
      onFrames(socket, ({ opcode }) => opcode === 0x8 && resolve());
    });
    for (let count = 0; count < 2; count++)
      socket.write(textFrame('{"command":"Work.slow","command_args":[200]}'));
    await goodbye;

    await eventually(() => assert.equal(succeeded(served, 'slow'), 1));
    for (let count = 0; count < 10; count++) socket.write(textFrame('{"command":"Work.echo"}'));
    // It is cut off for not answering; by then it was heard.
    await once(socket, 'close');

    assert.equal(succeeded(served, 'echo'), 0);
  });
});

async function running(client: RawClient): Promise<number> {
  return ((await client.ask(request(0, 'running'))) as { result: number }).result;
}

describe('a client that does not read its answers', () => {
  test('is dropped with 1013, and others are not concerned', async (t) => {
    const { url } = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { maxBuffered: 100_000 } },
    });
    const [slow, other] = [await connectRaw(t, url), await connectRaw(t, url)];

    slow.socket.pause();
    for (let id = 0; id < 100; id++) slow.send(request(id, 'large', 200_000));
    await other.ask(request(1, 'echo', 1));
    slow.socket.resume();

    assert.deepEqual(await slow.closed, [1013, 'answers are not read']);
    assert.ok(await other.ask(request(2, 'echo', 2)));
  });

  test('is cut off soon when it does not even read that', async (t) => {
    const { url, runner } = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { maxBuffered: 100_000, maxConnections: 1 } },
    });
    const slow = await connectRaw(t, url);

    slow.socket.pause();
    for (let id = 0; id < 100; id++) slow.send(request(id, 'large', 200_000));

    // Its place is free again, though it is as deaf as before.
    const next = await eventually(() => connectRaw(t, url), 30_000);
    assert.ok(await next.ask(request(1, 'echo', 1)));
    assert.ok(runner.routes.some(({ counts }) => counts.succeeded > 0));
  });
});

describe('a client that is gone without a word', () => {
  test('is cut off after two pings that it did not answer; one that answers stays', async (t) => {
    const { url, port } = await serve(t, WorkModule, {
      workerMode: 'inline',
      webSocket: { limits: { pingInterval: 100 } },
    });
    const alive = await connectRaw(t, url);
    let pings = 0;
    alive.socket.on('ping', () => {
      pings += 1;
    });
    const dead = await openSocket(t, port);
    const heard: number[] = [];
    onFrames(dead, ({ opcode }) => heard.push(opcode));

    await once(dead, 'close');
    // Instead of the third ping it is cut off.
    assert.deepEqual(heard, [0x9, 0x9]);
    await eventually(() => assert.ok(pings >= 4));

    assert.ok(await alive.ask(request(1, 'echo', 1)));
  });
});
