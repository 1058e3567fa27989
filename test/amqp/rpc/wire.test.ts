// What the Python originals put on the wire when they call and answer is in ../wire/*.json, captured from micro_framework
// 2.1.1, Nameko 2.14.1 and Nameko 3.0.0-rc11. Here each side is replayed against ours, and ours is compared frame by frame.
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import {
  type AnyService,
  connectRpc,
  RemoteError,
  type RpcDialect,
  type RpcService,
  RpcUnknownTargetError,
  type Runner,
} from 'micro-framework';
import { json, openPeer, type Peer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { publishBytes, type WireFrame } from '../../support/frames.js';
import { openVhost } from '../../support/rabbitmq.js';
import { readSource } from '../../support/sources.js';
import { sendBytes, tap, type WireTap } from '../../support/wire-tap.js';
import { PythonCallersModule } from './fixtures/python-callers.js';
import { PythonTargetsModule } from './fixtures/python-targets.js';
import { serve } from './support/serve.js';

interface Capture {
  readonly frames: readonly WireFrame[];
  readonly declarations: readonly WireFrame[];
  readonly broker_view: { readonly queues: readonly { readonly name: string }[] };
}

/** How one of the originals calls. */
interface Original {
  readonly dialect: RpcDialect;
  /** What the captured service is called. */
  readonly service: string;
  readonly exchange: string;
  /** The body of an answer, taken apart. */
  answerIn(frame: WireFrame | { readonly body: string }): unknown;
}

const seed: Original = {
  dialect: 'seed',
  service: 'uf',
  exchange: 'ufw-rpc',
  answerIn: ({ body = '' }) => JSON.parse(JSON.parse(body)),
};
const nameko: Original = {
  dialect: 'nameko',
  service: 'nk',
  exchange: 'nameko-rpc',
  answerIn: ({ body = '' }) => JSON.parse(body),
};

describe('what a service declares', () => {
  test("is what micro_framework's does", async (t) => {
    const { frames, broker_view: view } = capture('uf-declare-rpc-listener');

    const sent = await sentAtStart(t, seed);

    for (const frame of frames) assertSent(sent, frame);
    const declared = sent.filter(({ method }) => method === 'queue.declare').map(({ args }) => args.queue);
    const ours = view.queues.filter(({ name }) => name !== 'rpc-uf-call_peer');
    for (const { name } of ours) assert.ok(declared.includes(name), name);
  });

  for (const name of ['nk-declare-rpc', 'nk3-differences']) {
    test(`is what Nameko's does: ${name}`, async (t) => {
      const { frames, declarations = frames } = capture(name);
      const own = declarations.filter(
        ({ args }) => args.queue === 'rpc-nk' || args.exchange === 'nameko-rpc',
      );

      const sent = await sentAtStart(t, nameko);

      for (const frame of own.filter(({ args }) => !String(args.queue).startsWith('rpc.reply')))
        assertSent(sent, frame);
    });
  }

  test("where it calls: a reply queue like micro_framework's, which goes with it", async (t) => {
    const { frames } = capture('uf-declare-rpc-reply-queue');
    const { line, close } = await called(t, seed, 'client');
    const queue = replyQueueIn(line);
    assert.match(queue, /^ufw-reply-[0-9a-f]{8}-[0-9a-f-]{27}$/);

    await close();

    for (const frame of frames) assertSent(line.sent(), renamed(frame, { queue }));
    const peer = await openPeer(t, line.uri);
    await assert.rejects(async () => (await peer.open()).checkQueue(queue), { code: 404 });
  });

  test("where it calls: a reply queue like Nameko's", async (t) => {
    const theirs = capture('nk-declare-rpc').frames.filter(({ args }) =>
      String(args.queue).startsWith('rpc.reply-nk-'),
    );
    const { line, close } = await called(t, nameko, 'nk');
    const queue = replyQueueIn(line);
    const [, id = ''] = /^rpc\.reply-nk-([0-9a-f]{8}-[0-9a-f-]{27})$/.exec(queue) ?? [];

    await close();

    assert.equal(theirs.length, 3);
    for (const frame of theirs) assertSent(line.sent(), renamed(frame, { queue, routing_key: id }));
  });
});

const answered: readonly [original: Original, names: readonly string[]][] = [
  [
    seed,
    [
      'uf-amqp-rpc-call-args',
      'uf-amqp-rpc-call-class-method',
      'uf-amqp-rpc-call-kwargs',
      'uf-amqp-rpc-call-null',
      'uf-amqp-rpc-error-custom',
      'uf-amqp-rpc-error-key',
      'uf-amqp-rpc-error-no-args',
      'uf-amqp-rpc-error-value',
      'uf-amqp-rpc-get-target',
      'uf-amqp-rpc-get-target-absent',
      'uf-amqp-rpc-list-targets',
    ],
  ],
  [
    nameko,
    [
      'nk-rpc-call-args',
      'nk-rpc-call-kwargs',
      'nk-rpc-error-bad-signature',
      'nk-rpc-error-custom',
      'nk-rpc-error-key',
      'nk-rpc-error-method-not-found',
      'nk-rpc-error-unserializable',
      'nk-rpc-error-value',
      'nk3-differences',
    ],
  ],
];

for (const [original, names] of answered) {
  describe(`${original.dialect}: what their caller sends is answered as theirs answers`, () => {
    let serving: SharedServing;
    before(async () => {
      serving = await shared(original);
    });
    after(() => serving.close());

    for (const name of names) {
      test(name, async () => {
        const [request, theirs] = exchangeOf(name);
        const { uri, line, peer } = serving;
        const replyTo = String(request.properties?.reply_to);
        await peer.channel.assertQueue(name);
        await peer.channel.bindQueue(name, original.exchange, replyTo);

        await sendBytes(uri, [publishBytes(1, request)]);
        const reply = await peer.take(name);
        await peer.channel.deleteQueue(name);

        const ours = sentTo(line, replyTo, reply.properties.correlationId);
        if (theirs) {
          assert.deepEqual(ours.args, theirs.args);
          assert.deepEqual(ours.properties, theirs.properties);
          assert.deepEqual(mended(original.answerIn(ours)), mended(original.answerIn(theirs)));
        } else {
          const { value } = (JSON.parse(request.body ?? '') as { kwargs: { value: unknown } }).kwargs;
          assert.deepEqual(json(reply), { result: value, error: null });
        }
        await isAcknowledged(line, request);
      });
    }
  });
}

test('uf-amqp-rpc-send-without-reply: what wants no answer is run, and gets none', async (t) => {
  const [request] = exchangeOf('uf-amqp-rpc-send-without-reply');
  const { uri, line, runner } = await served(t, seed);

  await sendBytes(uri, [publishBytes(1, request)]);

  await eventually(() =>
    assert.equal(runner.routes.find(({ target }) => target === 'echo')?.counts.succeeded, 1),
  );
  await runner.stop();
  assert.deepEqual(
    line.sent().filter(({ method }) => method === 'basic.publish'),
    [],
  );
});

describe('seed: what our client sends is what theirs sends', () => {
  for (const [name, method, args] of [
    ['uf-amqp-rpc-call-args', 'add', [1, 2, 3]],
    ['uf-amqp-rpc-call-class-method', 'Calc.mul', [6]],
    ['uf-amqp-rpc-call-kwargs', 'echo', []],
    ['uf-amqp-rpc-call-null', 'nothing', []],
    ['uf-amqp-rpc-error-custom', 'fail_custom', []],
    ['uf-amqp-rpc-error-key', 'fail_key', []],
    ['uf-amqp-rpc-error-no-args', 'fail_noargs', []],
    ['uf-amqp-rpc-error-value', 'fail_value', []],
  ] as const) {
    test(name, (t) => replayCall(t, seed, { name, method, args }));
  }

  test('uf-amqp-rpc-list-targets', async (t) => {
    const { theirs, ours, result } = await answeredByThem(t, seed, 'uf-amqp-rpc-list-targets', (service) =>
      service.targets(),
    );

    assertSameRequest(ours, theirs);
    assert.deepEqual(JSON.parse(ours.body ?? ''), JSON.parse(theirs.body ?? ''));
    const targets = (await result) as readonly { target: string; description: string | undefined }[];
    assert.equal(targets.length, 9);
    assert.deepEqual(targets[1]?.target, 'add');
    assert.match(targets[1]?.description ?? '', /^Add numbers/);
  });

  test('uf-amqp-rpc-send-without-reply', async (t) => {
    const [theirs] = exchangeOf('uf-amqp-rpc-send-without-reply');
    const { line, service, peer } = await called(t, seed, 'client');
    await peer.channel.assertExchange(seed.exchange, 'topic', { durable: true });
    await peer.channel.assertQueue('theirs');
    await peer.channel.bindQueue('theirs', seed.exchange, 'uf.echo');

    await service.echo?.notify('no answer wanted');

    await peer.take('theirs');
    const ours = sentTo(line, 'uf.echo');
    assert.deepEqual(ours.args, theirs.args);
    assert.deepEqual(ours.properties, theirs.properties);
    assert.deepEqual(JSON.parse(ours.body ?? ''), JSON.parse(theirs.body ?? ''));
  });

  test('uf-amqp-rpc-absent-target: it is an error at once, where theirs waits for ever', async (t) => {
    const [theirs] = exchangeOf('uf-amqp-rpc-absent-target');
    const { line, service } = await called(t, seed, 'client');

    await assert.rejects(Promise.resolve(service.absent?.()), RpcUnknownTargetError);

    assertSameRequest(sentTo(line, 'uf.absent'), theirs);
  });
});

describe("nameko: what our client sends is what Nameko's sends", () => {
  for (const [name, method, args] of [
    ['nk-rpc-call-args', 'add', [1, 2, 3]],
    ['nk-rpc-call-kwargs', 'echo', []],
    ['nk-rpc-error-bad-signature', 'add', [1]],
    ['nk-rpc-error-custom', 'fail_custom', []],
    ['nk-rpc-error-key', 'fail_key', []],
    ['nk-rpc-error-method-not-found', 'absent', []],
    ['nk-rpc-error-unserializable', 'unserializable', []],
    ['nk-rpc-error-value', 'fail_value', []],
  ] as const) {
    test(name, (t) => replayCall(t, nameko, { name, method, args }));
  }

  test('nk-rpc-unknown-service: it is an error at once', async (t) => {
    const [theirs] = exchangeOf('nk-rpc-unknown-service');
    const { uri } = await openVhost();
    const line = await tap(t, uri);
    const settings = { amqpUri: line.uri, serviceName: 'client', logLevel: 'silent' } as const;
    const { service, close } = await connectRpc<AnyService>('no_such_service', settings, {
      dialect: 'nameko',
    });
    t.after(close);

    await assert.rejects(Promise.resolve(service.echo?.(1)), RpcUnknownTargetError);

    const ours = sentTo(line, 'no_such_service.echo');
    assertSameRequest(ours, theirs);
    assert.deepEqual(JSON.parse(ours.body ?? ''), JSON.parse(theirs.body ?? ''));
  });

  test('nk-rpc-nested-call: ids of the calls and context data are passed on by a handler that calls', async (t) => {
    const [nested] = exchangeOf('nk-rpc-nested-call');
    const [outer] = exchangeOf('nk-rpc-call-args');
    const { uri } = await openVhost();
    const line = await tap(t, uri);
    await serve(t, PythonCallersModule, {
      amqpUri: line.uri,
      serviceName: 'nk',
      workerMode: 'inline',
      maxWorkers: 10,
      amqpRpcDialects: ['nameko'],
    });
    const peer = await openPeer(t, uri);
    const replyTo = String(outer.properties?.reply_to);
    await peer.channel.assertQueue('replies');
    await peer.channel.bindQueue('replies', nameko.exchange, replyTo);
    const args = { ...outer.args, routing_key: 'nk.call_peer' };
    const body = Buffer.from('{"args": [], "kwargs": {}}').toString('base64');

    await sendBytes(uri, [publishBytes(1, { ...outer, args, body_base64: body })]);
    const reply = await peer.take('replies');

    assert.deepEqual(json(reply), { result: 'hello', error: null });
    const ours = sentTo(line, 'nk.echo');
    assertSameRequest(ours, nested, (headers) => {
      const [tag, stack] = headers['nameko.call_id_stack'] as [string, [string, string][]];
      const ids = stack.map(([type, id]) => [type, id.slice(0, -36)]);
      // The driver writes a number in as few bytes as it takes.
      const [, user] = headers['nameko.user_id'] as [string, number];
      return { ...headers, 'nameko.call_id_stack': [tag, ids], 'nameko.user_id': user };
    });
    assert.deepEqual(JSON.parse(ours.body ?? ''), JSON.parse(nested.body ?? ''));
  });
});

/** Calls a captured target with arguments by place; the captured answer comes back. */
async function replayCall(
  t: TestContext,
  original: Original,
  {
    name,
    method,
    args,
  }: { readonly name: string; readonly method: string; readonly args: readonly unknown[] },
): Promise<void> {
  const { theirs, ours, reply, result } = await answeredByThem(t, original, name, (service) =>
    service[method]?.(...args),
  );

  assertSameRequest(ours, theirs);
  assert.deepEqual(JSON.parse(ours.body ?? ''), byPlace(theirs));
  const told = original.answerIn(reply) as {
    data?: unknown;
    result?: unknown;
    exception?: { exception: string; message: string } | null;
    error?: { exc_type: string; value: string } | null;
  };
  const [type, message] = [
    told.exception?.exception ?? told.error?.exc_type,
    told.exception?.message ?? told.error?.value,
  ];
  if (type === undefined) {
    assert.deepEqual(await result, told.data ?? told.result ?? null);
    return;
  }
  const error = await result.then(
    () => assert.fail('it did not reject'),
    (thrown: unknown) => thrown as Error & { code?: string },
  );
  const known = knownErrors[type];
  if (known === undefined) {
    assert.ok(error instanceof RemoteError);
    assert.deepEqual([error.name, error.message], [type, message]);
  } else assert.equal(error.code, known);
}

/** The body of a call without its arguments by name, which JavaScript has not: all of it in most captures. */
function byPlace({ body = '' }: WireFrame): object {
  const call = JSON.parse(body) as Readonly<Record<string, unknown>>;
  const byName = ['kwargs', 'command_kwargs'].find((member) => member in call) ?? assert.fail(body);
  return { ...call, [byName]: {} };
}

/** Errors of Nameko's own, which ours have codes for. */
const knownErrors: Readonly<Record<string, string>> = {
  MethodNotFound: 'RPC_UNKNOWN_TARGET',
  IncorrectSignature: 'RPC_BAD_ARGUMENTS',
  UnserializableValueError: 'RPC_UNSENDABLE',
};

interface Replayed {
  /** What their caller sent. */
  readonly theirs: WireFrame;
  readonly ours: WireFrame;
  /** Their answer, which ours was given. */
  readonly reply: WireFrame;
  readonly result: Promise<unknown>;
}

type AnyRemote = RpcService<AnyService>;

/** Our client calls, and gets what was captured for an answer. */
async function answeredByThem(
  t: TestContext,
  original: Original,
  name: string,
  call: (service: AnyRemote) => unknown,
): Promise<Replayed> {
  const [theirs, reply = assert.fail(`${name} holds no answer`)] = exchangeOf(name);
  const { line, service, peer } = await called(t, original, 'client');
  await peer.channel.assertQueue('theirs');
  await peer.channel.bindQueue('theirs', original.exchange, String(theirs.args.routing_key));

  const result = Promise.resolve(call(service));
  result.catch(() => {});
  const { properties } = await peer.take('theirs');
  const { replyTo: reply_to, correlationId: correlation_id } = properties;
  const answer = {
    ...reply,
    args: { ...reply.args, routing_key: reply_to },
    properties: { ...reply.properties, correlation_id },
  };
  await sendBytes(line.uri, [publishBytes(1, answer)]);

  return { theirs, ours: sentTo(line, String(theirs.args.routing_key)), reply, result };
}

/** Request and answer of a capture. */
function exchangeOf(name: string): [request: WireFrame, reply: WireFrame | undefined] {
  const published = capture(name).frames.filter(
    ({ method, args }) => method === 'basic.publish' && String(args.exchange).endsWith('-rpc'),
  );
  const [request = assert.fail(`${name} holds no request`), ...others] = published;
  return [request, others.find(({ properties }) => properties?.reply_to === undefined)];
}

function capture(name: string): Capture {
  return JSON.parse(readSource(`test/amqp/wire/${name}.json`)) as Capture;
}

interface Serving {
  readonly uri: string;
  readonly line: WireTap;
  readonly runner: Runner;
}

interface SharedServing extends Serving {
  readonly peer: Peer;
  close(): Promise<void>;
}

/** The captured service, as ours, for several tests. */
async function shared(original: Original): Promise<SharedServing> {
  const closers: (() => unknown)[] = [];
  const untilClosed = { after: (close: () => unknown) => closers.unshift(close) };
  const serving = await served(untilClosed, original);
  const peer = await openPeer(untilClosed, serving.uri);
  const close = async (): Promise<void> => {
    for (const step of closers) await step();
  };
  return { ...serving, peer, close };
}

/** The captured service, as ours. */
async function served(t: Pick<TestContext, 'after'>, { dialect, service }: Original): Promise<Serving> {
  const { uri } = await openVhost();
  const line = await tap(t, uri);
  const runner = await serve(t, PythonTargetsModule, {
    amqpUri: line.uri,
    serviceName: service,
    workerMode: 'inline',
    maxWorkers: dialect === 'seed' ? 3 : 10,
    tasksPerWorker: 1,
    amqpRpcDialects: [dialect],
  });
  return { uri, line, runner };
}

interface Calling {
  readonly line: WireTap;
  readonly service: AnyRemote;
  readonly peer: Peer;
  close(): Promise<void>;
}

/** Our client of the captured service. */
async function called(t: TestContext, { dialect, service: to }: Original, name: string): Promise<Calling> {
  const { uri } = await openVhost();
  const line = await tap(t, uri);
  const settings = { amqpUri: line.uri, serviceName: name, logLevel: 'silent' } as const;
  const { service, close } = await connectRpc<AnyService>(to, settings, { dialect, service: '' });
  t.after(close);
  return { line, service, close, peer: await openPeer(t, uri) };
}

async function sentAtStart(t: TestContext, original: Original): Promise<readonly WireFrame[]> {
  const { line, runner } = await served(t, original);
  await runner.stop();
  return line.sent();
}

/** What ours published with a routing key. */
function sentTo(line: WireTap, key: string, correlation?: string): WireFrame {
  const isIt = ({ method, args, properties }: WireFrame): boolean =>
    method === 'basic.publish' &&
    args.routing_key === key &&
    (correlation === undefined || properties?.correlation_id === correlation);
  return line.sent().find(isIt) ?? assert.fail(`nothing was published with ${key}`);
}

function replyQueueIn(line: WireTap): string {
  const declared = line.sent().find(({ method }) => method === 'queue.declare');
  return String(declared?.args.queue);
}

function renamed(frame: WireFrame, names: Readonly<Record<string, string>>): WireFrame {
  const own = Object.entries(names).filter(([name]) => Object.hasOwn(frame.args, name));
  const { routing_key: key, queue } = frame.args;
  // Python's framework binds by the queue's name.
  const bound = key === queue && names.routing_key === undefined ? { routing_key: names.queue } : {};
  return { ...frame, args: { ...frame.args, ...bound, ...Object.fromEntries(own) } };
}

/** The request, which was the last that the service was delivered, has been acknowledged on the channel it came by. */
async function isAcknowledged(line: WireTap, { args: { routing_key: key } }: WireFrame): Promise<void> {
  const delivered = line.heard().findLast(({ method }) => method === 'basic.deliver');
  assert.equal(delivered?.args.routing_key, key);
  const tag = Number(delivered?.args.delivery_tag);
  const isIt = ({ method, channel, args }: WireFrame): boolean =>
    method === 'basic.ack' &&
    channel === delivered?.channel &&
    (args.multiple ? Number(args.delivery_tag) >= tag : args.delivery_tag === tag);
  await eventually(() => assert.ok(line.sent().some(isIt), `delivery ${tag} of ${key}`));
}

/** The same request, but for ids. */
function assertSameRequest(
  ours: WireFrame,
  theirs: WireFrame,
  withoutIds: (headers: Headers) => Headers = ({ ...headers }) => {
    // Outside of a handler there is neither a call nor context data.
    for (const name of Object.keys(headers)) if (name.startsWith('nameko.')) delete headers[name];
    return headers;
  },
): void {
  assert.deepEqual(ours.args, theirs.args);
  const bare = ({ properties = {} }: WireFrame): object => {
    const { correlation_id: correlation, reply_to: replyTo, headers, ...others } = properties;
    assert.ok(correlation && replyTo);
    return { ...others, headers: withoutIds(headers as Headers) };
  };
  assert.deepEqual(bare(ours), bare(theirs));
}

type Headers = Record<string, unknown>;

/**
 * What ours tells otherwise, for good: of a method's parameters without `self`, which no caller can give; of a keyword after a
 * rest, which JavaScript has not, as one; and of a result that is no JSON in its own words. Their CustomError is of the module
 * that was run, and ours says so of another.
 */
function mended(answer: unknown): unknown {
  const text = JSON.stringify(answer)
    .replace('"self",', '')
    .replace('__main__.CustomError', 'uf_targets.CustomError')
    .replace(/Unserializable value: `<object [^"]*`|the result cannot be JSON: [^"]*/g, 'not JSON');
  const whole = JSON.parse(text) as { data?: unknown };
  return Array.isArray(whole.data)
    ? whole.data
        .map((one) => JSON.stringify(one))
        .filter(isCaptured)
        .sort()
    : whole;
}

/** They had no target of this name when they were asked. */
function isCaptured(target: string): boolean {
  return !target.includes('"unserializable"');
}

/** The frame was sent, but for the name of a consumer, and for whether it waits. */
function assertSent(sent: readonly WireFrame[], { method, args }: WireFrame): void {
  const shared = ({ consumer_tag: _tag, nowait: _wait, no_ack: _ack, ...rest }: WireFrame['args']): object =>
    rest;
  const alike = sent.filter((frame) => frame.method === method).map((frame) => shared(frame.args));
  assert.ok(
    alike.some((ours) => isDeepStrictEqual(ours, shared(args))),
    `${method} ${JSON.stringify(shared(args))} was not sent, but ${JSON.stringify(alike)}`,
  );
}
