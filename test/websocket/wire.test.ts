import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { parsePythonJson } from '@micro-framework/core/rpc';
import { readSource } from '../support/sources.js';
import { PythonTargetsModule } from './fixtures/python-targets.js';
import { connectRaw, type RawClient } from './support/raw-client.js';
import { type Served, serve } from './support/serve.js';

// Each frame the Python original was seen to send and to answer. Ours may space its JSON differently.

interface Case {
  readonly request: string | { readonly binary: string };
  readonly response: string | null;
  readonly requests: readonly string[];
  readonly responses: readonly string[];
}

function casesOf(file: string): [name: string, frames: Case][] {
  const { cases } = JSON.parse(readSource(`test/websocket/wire/uf-ws-rpc-${file}.json`)) as {
    cases: Record<string, Case>;
  };
  return Object.entries(cases);
}

const closers: (() => unknown)[] = [];
const untilTheEnd = { after: (close: () => unknown) => closers.push(close) };
let served: Served;

before(async () => {
  // As captured: three workers, and nobody waits for one.
  served = await serve(untilTheEnd, PythonTargetsModule, { maxWorkers: 3, maxQueue: 0 });
});

after(async () => {
  for (const close of closers.reverse()) await close();
});

async function replay(client: RawClient, { request }: Case): Promise<unknown> {
  if (typeof request === 'string') client.send(request);
  else client.socket.send(Buffer.from(request.binary));
  return parsePythonJson(await client.next());
}

/** Answers of the original that are faults, and what is answered here instead. */
const better: Record<string, { readonly why: string; readonly answer: unknown }> = {
  'malformed-no-command': {
    why: 'the original closes the connection with 1011',
    answer: seedException(
      'RPCMalformedMessage',
      'RPCManager received unknown message structure: {"command_args":[]}',
    ),
  },
  'malformed-array': {
    why: 'the original closes the connection with 1011; an array is a batch of JSON-RPC, of which no entry is a request',
    answer: [1, 2].map(() => ({
      jsonrpc: '2.0',
      error: { code: -32600, message: 'invalid request: a request is an object' },
      id: null,
    })),
  },
  'unserializable-result': {
    why: 'the original closes the connection with 1011',
    answer: undefined,
  },
  'internal-attribute': {
    why: 'the original looks names up on its own objects',
    answer: seedException(
      'RPCTargetDoesNotExist',
      'register does not exist or is not exposed through a RPC method.',
    ),
  },
  'internal-method-setup': {
    why: 'the original looks names up on its own objects',
    answer: seedException(
      'RPCTargetDoesNotExist',
      'setup does not exist or is not exposed through a RPC method.',
    ),
  },
};

function seedException(exception: string, message: string): object {
  return {
    data: null,
    exception: { exception, message, args: [message], kwargs: {}, module: 'micro_framework.exceptions' },
  };
}

const notJsonRpc = {
  jsonrpc: '2.0',
  error: { code: -32600, message: 'invalid request: jsonrpc is "2.0"' },
  id: null,
};

for (const file of ['calls', 'malformed']) {
  describe(`uf-ws-rpc-${file}`, () => {
    for (const [name, frames] of casesOf(file)) {
      if (name in better) continue;
      test(`${name} is answered as the original answers`, async (t) => {
        const client = await connectRaw(t, served.url);

        const answer = await replay(client, frames);

        assert.deepEqual(answer, parsePythonJson(frames.response ?? 'null'));
      });
    }
  });
}

describe('what the original answers with a fault', () => {
  for (const [name, frames] of casesOf('malformed')) {
    const ours = better[name];
    if (!ours) continue;
    test(`${name}: ${ours.why}`, async (t) => {
      const client = await connectRaw(t, served.url);

      const answer = await replay(client, frames);

      if (ours.answer !== undefined) assert.deepEqual(answer, ours.answer);
      else
        assert.match(
          JSON.stringify(answer),
          /"exception":"RpcUnsendableError","message":"the result cannot be JSON/,
        );
      const next = await client.ask({ command: 'nothing' });
      assert.deepEqual(next, name === 'malformed-array' ? notJsonRpc : { data: null, exception: null });
    });
  }
});

describe('uf-ws-rpc-errors', () => {
  for (const [name, frames] of casesOf('errors')) {
    if (name === 'max-workers-reached') continue;
    test(`${name} is answered as the original answers`, async (t) => {
      const client = await connectRaw(t, served.url);

      const answer = (await replay(client, frames)) as { exception: { kwargs: object } };

      assert.deepEqual(answer, JSON.parse(frames.response ?? 'null'));
    });
  }

  test('max-workers-reached: three calls of four connections run, the fourth is told so at once', async (t) => {
    const frames = casesOf('errors').find(([name]) => name === 'max-workers-reached')?.[1];
    const clients = await Promise.all((frames?.requests ?? []).map(() => connectRaw(t, served.url)));

    const answers = await Promise.all(clients.map((client, index) => client.ask(frames?.requests[index])));

    const sorted = (texts: readonly string[]): string[] => [...texts].sort();
    assert.deepEqual(
      sorted(answers.map((answer) => JSON.stringify(answer))),
      sorted((frames?.responses ?? []).map((text) => JSON.stringify(JSON.parse(text)))),
    );
  });
});

describe('uf-ws-rpc-targets', () => {
  test('list-targets tells of each target', async (t) => {
    const frames = casesOf('targets').find(([name]) => name === 'list-targets')?.[1] as Case;
    const client = await connectRaw(t, served.url);

    const { data } = (await replay(client, frames)) as { data: { target: string }[] };

    const expected = (JSON.parse(frames.response ?? '') as { data: { target: string; args: string[] }[] })
      .data;
    const byName = (a: { target: string }, b: { target: string }): number => (a.target < b.target ? -1 : 1);
    // The original counts `self` among the arguments of a method, which no caller can give.
    const mended = expected.map((target) => ({
      ...target,
      args: target.args.filter((name) => name !== 'self'),
    }));
    assert.deepEqual(data.sort(byName), mended.sort(byName));
  });

  for (const [name, frames] of casesOf('targets')) {
    if (name === 'list-targets') continue;
    test(`${name} is answered as the original answers`, async (t) => {
      const client = await connectRaw(t, served.url);

      assert.deepEqual(await replay(client, frames), JSON.parse(frames.response ?? ''));
    });
  }
});

test('uf-ws-rpc-pipelined: two requests of one connection are answered in order, one after the other', async (t) => {
  const [[, frames] = assert.fail('no case')] = casesOf('pipelined');
  const client = await connectRaw(t, served.url);

  for (const request of frames.requests) client.send(request);
  const answers = [await client.nextJson(), await client.nextJson()];

  assert.deepEqual(
    answers,
    frames.responses.map((text) => JSON.parse(text)),
  );
});

interface CapturedFrame {
  readonly from: 'client' | 'server';
  readonly kind: 'http' | 'frame' | 'tcp-closed';
  readonly first_line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly opcode: 'text' | 'close';
  readonly text: string;
  readonly close_code: number;
}

test('uf-ws-connection: a call as the original client makes it, byte by byte', async (t) => {
  const { frames } = JSON.parse(readSource('test/websocket/wire/uf-ws-connection.json')) as {
    frames: readonly CapturedFrame[];
  };
  const [upgrade, request, goodbye] = frames.filter(({ from }) => from === 'client') as [
    CapturedFrame,
    CapturedFrame,
    CapturedFrame,
  ];
  const [switched, , farewell] = frames.filter(({ from }) => from === 'server');
  const socket = connect(served.port, '127.0.0.1');
  t.after(() => socket.destroy());
  const heard: Buffer[] = [];
  socket.on('data', (data) => heard.push(data));
  const mask = Buffer.from([1, 2, 3, 4]);
  const masked = (opcode: number, payload: Buffer): Buffer => {
    const body = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | body.length]), mask, body]);
  };
  const ours = new Map([
    ['Host', `127.0.0.1:${served.port}`],
    ['Origin', `http://127.0.0.1:${served.port}`],
    ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
  ]);
  const lines = upgrade.headers.map(([name, value]) => `${name}: ${ours.get(name) ?? value}`);

  socket.write(`${[upgrade.first_line, ...lines].join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  socket.write(masked(0x1, Buffer.from(request.text)));
  await once(socket, 'data');
  const code = Buffer.alloc(2);
  code.writeUInt16BE(goodbye.close_code);
  socket.write(masked(0x8, code));
  await once(socket, 'close');

  const whole = Buffer.concat(heard);
  const [head = ''] = whole.toString('latin1').split('\r\n\r\n', 1);
  assert.equal(head.split('\r\n', 1)[0], switched?.first_line);
  for (const name of ['Upgrade', 'Connection', 'Sec-WebSocket-Accept'])
    assert.ok(head.includes(`\r\n${name}: `));
  // One frame that is no part of another, longer than 125 bytes and shorter than 64 kilobytes.
  const answer = whole.subarray(head.length + 4, -4);
  assert.deepEqual([answer[0], answer[1], answer.readUInt16BE(2)], [0x81, 126, answer.length - 4]);
  const { data, exception } = JSON.parse(answer.subarray(4).toString()) as {
    data: object[];
    exception: null;
  };
  assert.deepEqual(Object.keys(data[0] ?? {}), ['target', 'args', 'kwargs', 'docstring']);
  assert.equal(exception, null);
  assert.deepEqual(
    [...whole.subarray(-4, -2), whole.readUInt16BE(whole.length - 2)],
    [0x88, 2, farewell?.close_code],
  );
});
