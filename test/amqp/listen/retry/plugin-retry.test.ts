// The delayed-message plug-in is not here, so the broker is told of a direct exchange where the service declares the
// plug-in's, as was done for the captures of the Python original: what goes over the wire is the same, but nothing waits.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { EventListener, ExchangeTypeError, headerNames } from '@micro-framework/amqp';
import { BackOffData, bootstrap, type Runner, route, type SettingOptions } from '@micro-framework/core';
import { moduleOf } from '../../../core/support/scan.js';
import { json, openPeer, type Peer } from '../../../support/amqp-peer.js';
import { eventually } from '../../../support/eventually.js';
import { publishBytes, type WireFrame } from '../../../support/frames.js';
import { openVhost } from '../../../support/rabbitmq.js';
import { delayedMessageExchange, openRewritingProxy } from '../../../support/rewriting-proxy.js';
import { readSource } from '../../../support/sources.js';
import { sendBytes, tap, type WireTap } from '../../../support/wire-tap.js';

interface Capture {
  readonly frames: readonly WireFrame[];
  readonly frames_with_a_plain_direct_exchange_instead: readonly WireFrame[];
}

interface Call {
  readonly payload: unknown;
  readonly retryCount: number;
  readonly lastRetry: number | undefined;
}

interface Retrying {
  readonly line: WireTap;
  readonly peer: Peer;
  readonly uri: string;
  readonly calls: Call[];
  readonly runner: Runner;
}

const workQueue = 'ts.fail__uf.failing';

/** The service of the captures, in this language: its handler fails as long as it is told to. */
async function startRetrying(
  t: TestContext,
  fails: (call: Call) => boolean,
  settings: SettingOptions = {},
): Promise<Retrying> {
  const { uri } = await openVhost();
  const peer = await openPeer(t, uri);
  const line = await tap(t, await openRewritingProxy(t, uri, { toBroker: delayedMessageExchange }));
  const calls: Call[] = [];
  const failing = (payload: unknown, { retryCount, lastRetry }: BackOffData): void => {
    const call = { payload, retryCount, lastRetry: lastRetry?.getTime() };
    calls.push(call);
    if (fails(call)) throw new Error('it fails');
  };
  const backOff = { maxRetries: 2, interval: 1_500 };
  const listener = EventListener('ts', 'fail', { backOff });
  const routes = [route(failing as never, listener, { name: 'failing', inject: [BackOffData] })];
  const runner = await bootstrap(moduleOf({ services: [], routes }), {
    serviceName: 'uf',
    amqpUri: line.uri,
    delayStrategy: 'plugin',
    workerMode: 'inline',
    logLevel: 'silent',
    signals: false,
    ...settings,
  });
  t.after(() => runner.stop(1_000));
  return { line, peer, uri, calls, runner };
}

describe('with delayStrategy plugin', () => {
  test('a service declares what the Python original does', async (t) => {
    const { frames, frames_with_a_plain_direct_exchange_instead: others } =
      capture('uf-declare-async-backoff');
    const [exchange, binding] = [frames[0], others.find(({ method }) => method === 'queue.bind')];

    const { line, runner } = await startRetrying(t, () => false);
    await runner.stop();

    const sent = line.sent().map(({ method, args }) => ({ method, args }));
    for (const { method, args } of [exchange, binding] as WireFrame[])
      assert.ok(
        sent.some((ours) => isEqual(ours, { method, args })),
        `${method} ${JSON.stringify(args)}`,
      );
    const queue = sent.find(({ args }) => args.queue === 'uf.failing_backoff_queue');
    assert.deepEqual(queue?.method, 'queue.declare');
    assert.deepEqual([queue?.args.durable, queue?.args.arguments], [true, {}]);
  });

  test('its retries are those of the Python original, frame by frame; then comes the dead letter', async (t) => {
    const theirs = capture('uf-event-async-backoff-retry').frames;

    const { line, peer, calls, runner } = await startRetrying(t, () => true);
    await peer.send(workQueue, { body: '{"n": 1}' });
    const dead = await peer.take(`${workQueue}.dead`);
    await runner.stop();

    const ours = line.sent().filter(({ args }) => args.exchange === 'uf_backoff' && 'mandatory' in args);
    assert.equal(ours.length, theirs.length);
    for (const [index, frame] of ours.entries()) assertSameRetry(frame, theirs[index] as WireFrame);
    assert.deepEqual(
      calls.map(({ retryCount }) => retryCount),
      [0, 1, 2],
    );
    assert.equal(dead.content.toString(), '{"n": 1}');
    const { headers = {} } = dead.properties;
    assert.deepEqual([headers[headerNames.attempt], headers[headerNames.originQueue]], [3, workQueue]);
    assert.equal(headers['x-delay'], undefined);
    assert.ok(headers[headerNames.firstFailure] < headers[headerNames.lastFailure]);
  });

  test('what the Python original retries is handled here, as the attempt that it is', async (t) => {
    const [first, second] = capture('uf-event-async-backoff-retry').frames as [WireFrame, WireFrame];

    const { uri, calls, peer, runner } = await startRetrying(t, ({ retryCount }) => retryCount === 2);
    await sendBytes(uri, [publishBytes(1, first)]);
    await eventually(() => assert.equal(calls.length, 1));
    await sendBytes(uri, [publishBytes(1, second)]);
    const dead = await peer.take(`${workQueue}.dead`);
    await runner.stop();

    const secondsOf = ({ body = '' }: WireFrame): number => JSON.parse(body)._meta.backoff.last_retry;
    assert.deepEqual(calls, [
      { payload: { n: 1 }, retryCount: 1, lastRetry: Math.round(secondsOf(first) * 1_000) },
      { payload: { n: 1 }, retryCount: 2, lastRetry: Math.round(secondsOf(second) * 1_000) },
    ]);
    assert.equal(dead.content.toString(), '{"n": 1}');
  });

  test('headers, ids and bytes of a message survive its retries', async (t) => {
    const body = '{ "big": 12345678901234567890, "text": "a \\"quoted\\" ] } , h\u00e9" }';

    const { peer, runner } = await startRetrying(t, () => true);
    await peer.send(workQueue, { body, messageId: 'm1', headers: { tenant: 'a' }, correlationId: 'c1' });
    const { content, properties } = await peer.take(`${workQueue}.dead`);
    await runner.stop();

    assert.equal(content.toString(), body);
    assert.deepEqual([properties.messageId, properties.correlationId], ['m1', 'c1']);
    assert.equal(properties.headers?.tenant, 'a');
  });

  for (const body of ['no JSON at all', '{"n": 1}', '{"fn_args": [], "_meta": {}}'])
    test(`what is no envelope is dead-lettered as it is, and reaches no handler: ${body}`, async (t) => {
      const { peer, calls, runner } = await startRetrying(t, () => false);

      await peer.send('uf.failing_backoff_queue', { body });
      const dead = await peer.take(`${workQueue}.dead`);
      await runner.stop();
      await runner.stop();

      assert.equal(dead.content.toString(), body);
      assert.equal(dead.properties.headers?.[headerNames.reason], 'rejected');
      assert.match(dead.properties.headers?.[headerNames.errorMessage], /envelope/);
      assert.deepEqual(calls, []);
    });

  test('a broker without the plug-in is told of when the service starts', async () => {
    const { uri } = await openVhost();
    const listener = EventListener('ts', 'fail', { backOff: { maxRetries: 2, interval: 1_500 } });
    const routes = [route(() => {}, listener, { name: 'failing' })];

    await assert.rejects(
      bootstrap(moduleOf({ services: [], routes }), {
        serviceName: 'uf',
        amqpUri: uri,
        delayStrategy: 'plugin',
        amqpStartTimeout: 5_000,
        workerMode: 'inline',
        logLevel: 'silent',
        signals: false,
      }),
      (error) => {
        assert.ok(error instanceof ExchangeTypeError, String(error));
        assert.match(error.message, /uf_backoff of the type x-delayed-message.*plug-in/);
        return true;
      },
    );
  });
});

/** The same retry, but for our own headers and its time, which are those of the framework and of now. */
function assertSameRetry(ours: WireFrame, theirs: WireFrame): void {
  const { headers, ...properties } = ours.properties ?? {};
  const own = Object.entries(headers as object).filter(([name]) => !name.startsWith('x-mf-'));
  assert.deepEqual({ method: ours.method, args: ours.args }, { method: theirs.method, args: theirs.args });
  assert.deepEqual({ ...properties, headers: Object.fromEntries(own) }, theirs.properties);
  const timeless = (body = ''): string => body.replace(/"last_retry": [\d.]+/, '"last_retry": 0');
  assert.equal(timeless(ours.body), timeless(theirs.body));
  const [time, theirTime] = [ours, theirs].map((frame) => json({ content: Buffer.from(frame.body ?? '') }));
  assert.equal(typeof lastRetryOf(time), typeof lastRetryOf(theirTime));
  assert.ok(Math.abs(lastRetryOf(time) * 1_000 - Date.now()) < 60_000);
}

function lastRetryOf(envelope: unknown): number {
  return (envelope as { _meta: { backoff: { last_retry: number } } })._meta.backoff.last_retry;
}

function isEqual(one: unknown, other: unknown): boolean {
  try {
    assert.deepEqual(one, other);
    return true;
  } catch {
    return false;
  }
}

function capture(name: string): Capture {
  return JSON.parse(readSource(`test/amqp/wire/${name}.json`)) as Capture;
}
