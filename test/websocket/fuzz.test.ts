import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkModule } from './fixtures/work.js';
import { connectRaw, type RawClient } from './support/raw-client.js';
import { type Served, serve } from './support/serve.js';

const closeCodes = [1002, 1003, 1007, 1009];
const marker = { jsonrpc: '2.0', id: 'marker', method: 'Work.echo', params: ['still here'] };

/** Sends frames, then a request: either the connection is closed for a good reason, or all is answered in good form. */
async function survives(client: RawClient, frames: readonly (string | Buffer)[]): Promise<void> {
  for (const frame of frames) client.socket.send(frame);
  client.send(marker);
  for (;;) {
    const text = await Promise.race([client.next(), client.closed]).catch(() => client.closed);
    if (typeof text !== 'string') {
      assert.ok(closeCodes.includes(text[0]), `closed with ${text}`);
      return;
    }
    const answers = [JSON.parse(text)].flat() as {
      jsonrpc?: string;
      id?: unknown;
      error?: { code: unknown };
    }[];
    for (const { jsonrpc, error } of answers) {
      assert.equal(jsonrpc, '2.0');
      if (error) assert.ok(Number.isInteger(error.code) && typeof error.code === 'number', text);
    }
    if (answers[0]?.id === 'marker') return;
  }
}

const names = fc.constantFrom(
  'Work.echo',
  'Work.slow',
  '__proto__',
  'constructor',
  'rpc.discover',
  'Work',
  '',
  '\u0000',
);
const almostRequest = fc
  .record(
    {
      jsonrpc: fc.oneof(fc.constant('2.0'), fc.jsonValue()),
      id: fc.oneof(fc.integer(), fc.string(), fc.jsonValue()),
      method: fc.oneof(names, fc.jsonValue()),
      params: fc.oneof(
        fc.array(fc.jsonValue(), { maxLength: 3 }),
        fc.jsonValue(),
        fc.dictionary(names, fc.jsonValue()),
      ),
      meta: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  // Nobody waits for milliseconds that chance made up.
  .filter(({ method }) => method !== 'Work.slow')
  .map((value) => JSON.stringify(value));
const cut = fc
  .tuple(almostRequest, fc.nat())
  .map(([text, at]) => Buffer.from(text).subarray(0, at % (text.length + 1)));
const frame = fc.oneof(
  almostRequest,
  fc.array(almostRequest, { maxLength: 5 }).map((requests) => `[${requests.join(',')}]`),
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  cut,
);

const targets = fc.oneof(names, fc.jsonValue());
const almostCommand = fc
  .record(
    {
      command: fc.oneof(
        fc.constantFrom('__get_target__', '__list_targets__', 'Work.echo', ''),
        fc.jsonValue(),
      ),
      command_args: fc.oneof(
        fc.array(targets, { maxLength: 3 }),
        fc.constant([{ toString: 1 }]),
        fc.jsonValue(),
      ),
      command_kwargs: fc.oneof(
        fc.dictionary(fc.constantFrom('target', '__proto__', ''), targets),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: ['command'] },
  )
  .map((value) => JSON.stringify(value));
const cutLetter = fc
  .tuple(fc.constantFrom('"é', '{"command":"✓', '["😀'), fc.integer({ min: 1, max: 3 }))
  .map(([text, bytes]) => ({
    text: Buffer.from(text).subarray(0, -Math.min(bytes, Buffer.byteLength(text) - 1)),
  }));

/** Sends frames of whatever protocol: all before the marker is answered, or the connection is closed for a good reason. */
async function outlives(
  client: RawClient,
  frames: readonly (string | Buffer | { text: Buffer })[],
): Promise<void> {
  for (const frame of frames) {
    if (typeof frame === 'object' && 'text' in frame) client.socket.send(frame.text, { binary: false });
    else client.socket.send(frame);
  }
  // Whichever it speaks by now, it answers this one.
  client.send({ ...marker, command: 'Work.echo', command_args: ['still here'] });
  for (;;) {
    const text = await Promise.race([client.next(), client.closed]).catch(() => client.closed);
    if (typeof text !== 'string') return assert.ok(closeCodes.includes(text[0]), `closed with ${text}`);
    if (/"(?:result|data)":"still here"/.test(text)) return;
  }
}

async function measured(t: Parameters<typeof serve>[0]): Promise<{ served: Served; other: RawClient }> {
  const served = await serve(t, WorkModule, { taskTimeout: 5_000 });
  return { served, other: await connectRaw(t, served.url) };
}

test('whatever comes is answered in good form or ends its own connection alone', async (t) => {
  const { served, other } = await measured(t);
  const before = process.memoryUsage().heapUsed;

  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), async (frames) => {
      const client = await connectRaw(t, served.url, { protocols: ['jsonrpc-2.0'] });
      try {
        await survives(client, frames);
      } finally {
        client.socket.terminate();
      }
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
  );

  assert.equal(((await other.ask(marker)) as { result: string }).result, 'still here');
  assert.ok(process.memoryUsage().heapUsed - before < 200 * 1024 * 1024);
});

for (const protocols of [[], ['ufw']]) {
  const spoken = protocols[0] === undefined ? 'nothing yet' : 'the protocol of the original';
  test(`whatever comes on a connection that speaks ${spoken} is survived, and all connections with it`, async (t) => {
    const { served, other } = await measured(t);
    const anything = fc.oneof(almostCommand, almostCommand, frame, cutLetter);

    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 5 }), async (frames) => {
        const client = await connectRaw(t, served.url, { protocols });
        try {
          await outlives(client, frames);
        } finally {
          client.socket.terminate();
        }
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
    );

    assert.equal(((await other.ask(marker)) as { result: string }).result, 'still here');
  });
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const request = (params: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"Work.echo","params":[${params}]}`;
const odd: [what: string, text: string, answer: RegExp][] = [
  ['an array nested 200,000 deep', nested(200_000), /"code":-32600/],
  ['arguments nested 200,000 deep', request(nested(200_000)), /"code":-?\d+/],
  ['arguments nested 2,000 deep', request(nested(2_000)), /"code":-32602,.*deeper than 500 levels/],
  ['arguments nested 400 deep', request(nested(400)), /^\{"jsonrpc":"2.0","result":\[/],
  ['nesting that never ends', '{"a":'.repeat(100_000), /"code":-32700/],
  ['a number of 100,000 digits', request('9'.repeat(100_000)), /"result":null/],
  ['an exponent beyond all numbers', request('-1e999999'), /"result":null/],
  [
    'the same key twice: the last counts',
    '{"jsonrpc":"2.0","id":1,"id":2,"method":"Work.echo","params":[1]}',
    /"id":2/,
  ],
  ['a batch of 10,000 requests', `[${Array(10_000).fill(request('1')).join(',')}]`, /"code":-32600/],
  ['a batch of 10,000 empty batches', `[${Array(10_000).fill('[]').join(',')}]`, /"code":-32600/],
  ['a name of 100,000 letters', `{"jsonrpc":"2.0","id":1,"method":"${'n'.repeat(100_000)}"}`, /^.{0,400}$/],
  ['lone surrogates', request('"\\ud800"'), /"result":"\\ud800"/],
  ['text that is no JSON', 'GET / HTTP/1.1', /"code":-32700/],
  ['nothing', '', /"code":-32700/],
];

for (const [what, text, answer] of odd) {
  test(`${what}: one answer, and the connection goes on`, async (t) => {
    const { served, other } = await measured(t);
    const client = await connectRaw(t, served.url, { protocols: ['jsonrpc-2.0'] });

    client.send(text);

    assert.match(await client.next(), answer);
    assert.equal(((await client.ask(marker)) as { result: string }).result, 'still here');
    assert.equal(((await other.ask(marker)) as { result: string }).result, 'still here');
  });
}
