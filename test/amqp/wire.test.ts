// What the Python originals put on the wire is in wire/*.json, captured from micro_framework 2.1.1, Nameko 2.14.1 and Nameko 3.0.0-rc11.
// Here it is compared, frame by frame, with what we put there, and played to our listeners.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  connect,
  EventListener,
  Producer,
  PublishRefusedError,
  TopologyClashError,
} from '@micro-framework/amqp';
import {
  bootstrap,
  CallContext,
  type FunctionRoute,
  type ModuleOptions,
  type Runner,
  route,
  Service,
  type SettingOptions,
} from '@micro-framework/core';
import { moduleOf } from '../core/support/scan.js';
import { openPeer } from '../support/amqp-peer.js';
import { eventually } from '../support/eventually.js';
import { publishBytes, type WireFrame } from '../support/frames.js';
import { openVhost } from '../support/rabbitmq.js';
import { readSource } from '../support/sources.js';
import { sendBytes, tap } from '../support/wire-tap.js';

interface Capture {
  readonly frames: readonly WireFrame[];
  readonly broker_view: { readonly queues: readonly { readonly name: string }[] };
  /** Of a capture that is about something else as well: what was declared. */
  readonly declarations: readonly WireFrame[];
}

describe('what a listener declares', () => {
  test("is what micro_framework's listener declares and consumes", async (t) => {
    const { frames, broker_view: view } = capture('uf-declare-event-listener');
    const on = (event: string): FunctionRoute =>
      route(ignore, EventListener('ts', event), { name: `on_${event}` });
    @Service()
    class ClassHandler {
      @EventListener('ts', 'class')
      handle(): void {}
    }
    const routes = ['ping', 'filtered', 'fail', 'slow'].map(on);

    const sent = await sentAtStart(
      t,
      { services: [ClassHandler], routes },
      { serviceName: 'uf', maxWorkers: 3 },
    );

    for (const frame of frames) assertSent(sent, frame);
    const declared = sent.filter(({ method }) => method === 'queue.declare').map(({ args }) => args.queue);
    for (const { name } of view.queues) assert.ok(declared.includes(name), name);
  });

  test("is what Nameko's handlers declare, given their names; a broadcast's queue is nobody else's", async (t) => {
    const { frames } = capture('nk-declare-event-handlers');
    const routes = [
      route(ignore, EventListener('ts', 'ping', { queue: 'evt-ts-ping--nk.on_ping' }), { name: 'on_ping' }),
      route(ignore, EventListener('ts', 'single', { handler: 'singleton' }), { name: 'on_single' }),
      route(ignore, EventListener('ts', 'broadcast', { handler: 'broadcast' }), { name: 'on_broadcast' }),
    ];

    const sent = await sentAtStart(t, { routes }, { serviceName: 'nk', maxWorkers: 10 });

    const [own, shared] = partition(frames, ({ args }) => String(args.queue).includes('broadcast'));
    for (const frame of shared) assertSent(sent, frame);
    const theirs = own.find(({ method }) => method === 'queue.bind');
    const ours = sent.find(({ method, args }) => method === 'queue.bind' && args.routing_key === 'broadcast');
    assert.match(String(ours?.args.queue), /^ts\.broadcast__nk\.on_broadcast-[0-9a-f]{32}$/);
    assert.deepEqual(ours?.args, { ...theirs?.args, queue: ours?.args.queue });
  });

  test('is what a handler of Nameko 3 declares', async (t) => {
    const queue = 'evt-ts-ping--nk.on_ping';
    const frames = capture('nk3-differences').declarations.filter(({ args }) => args.queue === queue);
    const routes = [route(ignore, EventListener('ts', 'ping', { queue }), { name: 'on_ping' })];

    const sent = await sentAtStart(t, { routes }, { serviceName: 'nk', maxWorkers: 10 });

    assert.equal(frames.length, 3);
    for (const frame of frames) assertSent(sent, frame);
  });

  test('is what Nameko from 2.13 on declares, where the service is set so', async (t) => {
    const { frames } = capture('nk-declare-event-exchange-default');
    const routes = [route(ignore, EventListener('ts', 'ping'), { name: 'on_ping' })];
    const settings = { serviceName: 'nk', amqpEventExchanges: 'permanent' } as const;

    const sent = await sentAtStart(t, { routes, providers: [Producer] }, settings);

    for (const frame of frames) assertSent(sent, frame);
  });

  test('is refused like theirs where the exchange is of another kind, and both sides are named', async (t) => {
    const [declared, refused] = capture('uf-declare-event-exchange-mismatch').frames as [
      WireFrame,
      WireFrame,
    ];
    const { uri } = await openVhost();
    const peer = await openPeer(t, uri);
    await peer.channel.assertExchange('ts.events', 'topic', { durable: true, autoDelete: false });
    const line = await tap(t, uri);
    const routes = [route(ignore, EventListener('ts', 'ping'), { name: 'on_ping' })];

    await assert.rejects(start({ routes }, { serviceName: 'uf', amqpUri: line.uri }), (error) => {
      assert.ok(error instanceof TopologyClashError);
      assert.match(
        error.message,
        /on_ping \(.*\) wants it topic, durable, auto-delete; the broker says: ineq/,
      );
      return true;
    });

    assertSent(line.sent(), declared);
    const told = line.heard().find(({ method }) => method === 'channel.close');
    const anyVhost = (text: unknown): string => String(text).replace(/vhost '[^']*'/, '');
    assert.equal(anyVhost(told?.args.reply_text), anyVhost(refused.args.reply_text));
  });
});

describe('what a producer publishes', () => {
  for (const name of ['uf-event-publish', 'nk-event-dispatch-standalone']) {
    test(`from outside of a handler is what theirs does: ${name}`, async (t) => {
      const [theirs] = capture(name).frames as [WireFrame];
      const { uri } = await openVhost();
      const line = await tap(t, uri);
      const producer = await connect({ amqpUri: line.uri, serviceName: 'ts', logLevel: 'silent' });

      await producer.publish('ping', { n: 0, text: 'hé ✓' });
      await producer.close();

      assertSamePublish(line.sent(), theirs);
    });
  }

  for (const [name, service, target] of [
    ['uf-event-publish-from-handler', 'uf', 'ClassHandler.handle'],
    ['nk-event-dispatch', 'nk', 'on_ping'],
  ] as const) {
    test(`from a handler is what theirs does, with Nameko's ids of the calls: ${name}`, async (t) => {
      const [theirs] = capture(name).frames as [WireFrame];
      const { uri } = await openVhost();
      const line = await tap(t, uri);
      const answer = (_event: unknown, producer: Producer): Promise<void> =>
        producer.publish(String(theirs.args.routing_key), JSON.parse(theirs.body ?? ''));
      const routes = [
        route(answer as never, EventListener('ts', 'ping'), { name: target, inject: [Producer] }),
      ];
      const runner = await start({ routes }, { serviceName: service, amqpUri: line.uri });
      t.after(() => runner.stop());

      const [ping] = capture('uf-event-publish').frames as [WireFrame];
      await sendBytes(uri, [publishBytes(1, ping)]);
      const ours = await eventually(
        () => line.sent().find(({ method }) => method === 'basic.publish') ?? assert.fail(),
      );
      await runner.stop();

      assertSamePublish([ours], { ...theirs, properties: { ...theirs.properties, headers: {} } });
      const [tag, stack] = callIdsIn(ours);
      assert.equal(tag, 'A');
      const [[type, id], ...others] = stack as [[string, string], ...unknown[]];
      assert.deepEqual([type, others], ['S', []]);
      const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
      assert.match(id, new RegExp(`^${service}\\.${target.replace('.', '\\.')}\\.${uuid}$`));
    });
  }

  test('to an exchange that nobody has declared is refused, like theirs', async (t) => {
    const { frames } = capture('uf-event-publish-no-exchange');
    const [select, publish, refused] = ['confirm.select', 'basic.publish', 'channel.close'].map(
      (wanted) => frames.find(({ method }) => method === wanted) ?? assert.fail(wanted),
    ) as [WireFrame, WireFrame, WireFrame];
    const { uri } = await openVhost();
    const line = await tap(t, uri);
    const options = { serviceName: 'nobody', amqpEventExchanges: 'foreign', logLevel: 'silent' } as const;
    const producer = await connect({ amqpUri: line.uri, ...options });

    await assert.rejects(producer.publish('e', { a: 1 }), PublishRefusedError);
    await producer.close();

    assertSent(line.sent(), select);
    assertSamePublish(line.sent(), publish);
    const told = line.heard().find(({ method }) => method === 'channel.close');
    assert.equal(told?.args.reply_code, refused.args.reply_code);
  });
});

describe('what they publish', () => {
  const captures = [
    'uf-event-publish',
    'uf-event-publish-from-handler',
    'nk-event-dispatch',
    'nk-event-dispatch-standalone',
    'nk3-differences',
  ];
  for (const name of captures) {
    test(`reaches our handler, and so do the calls that led to it: ${name}`, async (t) => {
      const isEvent = ({ method, args }: WireFrame): boolean =>
        method === 'basic.publish' && String(args.exchange).endsWith('.events');
      const theirs = capture(name).frames.find(isEvent) ?? assert.fail('it holds no event');
      const { uri } = await openVhost();
      const source = String(theirs.args.exchange).replace(/\.events$/, '');
      const event = String(theirs.args.routing_key);
      const seen: { payload: unknown; stack: readonly string[]; id: string }[] = [];
      const handle = (payload: unknown, { callIdStack: stack, id }: CallContext): void => {
        seen.push({ payload, stack, id });
      };
      const routes = [
        route(handle as never, EventListener(source, event), { name: 'handle', inject: [CallContext] }),
      ];
      const runner = await start({ routes }, { serviceName: 'ours', amqpUri: uri });
      t.after(() => runner.stop());

      await sendBytes(uri, [publishBytes(1, theirs)]);
      const { payload, stack, id } = await eventually(() => seen[0] ?? assert.fail('nothing came'));
      await runner.stop();

      assert.deepEqual(payload, JSON.parse(theirs.body ?? ''));
      const [, led = []] = callIdsIn(theirs);
      assert.deepEqual(stack, [...(led as [string, string][]).map(([, parent]) => parent), id]);
      assert.equal(runner.routes[0]?.counts.succeeded, 1);
      const peer = await openPeer(t, uri);
      assert.equal(await peer.count(`${source}.${event}__ours.handle`), 0);
    });
  }
});

type Headers = Readonly<Record<string, readonly [tag: string, value: unknown] | undefined>>;

/** Nameko's header, with its type. */
function callIdsIn({ properties = {} }: WireFrame): readonly [tag?: string, value?: unknown] {
  return (properties.headers as Headers)['nameko.call_id_stack'] ?? [];
}

function capture(name: string): Capture {
  return JSON.parse(readSource(`test/amqp/wire/${name}.json`)) as Capture;
}

function ignore(): void {}

function start(module: ModuleOptions, settings: SettingOptions): Promise<Runner> {
  const quiet = { workerMode: 'inline', logLevel: 'silent' } as const;
  return bootstrap(moduleOf({ services: [], ...module }), { ...quiet, ...settings, signals: false });
}

/** What a service says until it runs. */
async function sentAtStart(
  t: TestContext,
  module: ModuleOptions,
  settings: SettingOptions,
): Promise<readonly WireFrame[]> {
  const { uri } = await openVhost();
  const line = await tap(t, uri);
  const runner = await start(module, { ...settings, amqpUri: line.uri });
  await runner.stop();
  return line.sent();
}

/** The frame was sent, but for the name of a consumer, which is its connection's own, and for whether it waits. */
function assertSent(sent: readonly WireFrame[], { method, args }: WireFrame): void {
  const shared = ({ consumer_tag: _tag, nowait: _wait, ...rest }: WireFrame['args']): object => rest;
  const alike = sent.filter((frame) => frame.method === method).map((frame) => shared(frame.args));
  const found = alike.some((ours) => JSON.stringify(sorted(ours)) === JSON.stringify(sorted(shared(args))));
  assert.ok(found, `${method} ${JSON.stringify(args)} was not sent, but ${JSON.stringify(alike)}`);
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same event: with an id of its own, and the ids of the calls that led to it, in addition; its body as JSON. */
function assertSamePublish(sent: readonly WireFrame[], theirs: WireFrame): void {
  const ours = sent.find(({ method }) => method === 'basic.publish') ?? assert.fail('nothing was published');
  const { message_id: id, headers, ...properties } = ours.properties ?? {};
  const { 'nameko.call_id_stack': _, ...others } = headers as Headers;
  assert.deepEqual(ours.args, theirs.args);
  assert.deepEqual({ ...properties, headers: others }, theirs.properties);
  assert.match(String(id), /^[0-9a-f-]{36}$/);
  assert.deepEqual(JSON.parse(ours.body ?? ''), JSON.parse(theirs.body ?? ''));
}

function partition<T>(items: readonly T[], choose: (item: T) => boolean): [chosen: T[], others: T[]] {
  return [items.filter(choose), items.filter((item) => !choose(item))];
}
