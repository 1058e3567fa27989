// There is no RabbitMQ 4.3 here. What it documents is tried as far as an older one goes along: the service is told that
// it has one, and what it then declares and says is looked at. The pauses themselves are the broker's, and untried.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { EventListener, type EventListenerOptions, headerNames } from '@micro-framework/amqp';
import { capabilitiesOf, queueRetry } from '@micro-framework/amqp/internal';
import type { BackOff, CallRequest, Ending } from '@micro-framework/core';
import { openPeer } from '../../../support/amqp-peer.js';
import { eventually } from '../../../support/eventually.js';
import { type Listening, listenAs } from '../../../support/listen.js';
import { openVhost } from '../../../support/rabbitmq.js';
import { brokerVersion, openRewritingProxy } from '../../../support/rewriting-proxy.js';
import { tap, type WireTap } from '../../../support/wire-tap.js';

const linear: BackOff = { maxRetries: 3, interval: { type: 'linear', initial: 1_000, max: 2_500 } };

interface Native extends Listening {
  readonly line: WireTap;
  readonly uri: string;
}

async function start(
  t: TestContext,
  options: EventListenerOptions,
  dispatch: (request: CallRequest) => Ending,
  version = '4.3.',
): Promise<Native> {
  const { uri } = await openVhost();
  const line = await tap(t, await openRewritingProxy(t, uri, { toClient: brokerVersion(version) }));
  const { entrypoint } = EventListener('shop', 'placed', options);
  const config = { delayStrategy: 'native', serviceName: 'tested' } as const;
  return { ...(await listenAs(t, line.uri, entrypoint, { dispatch, config })), line, uri };
}

function ends({ attempt = 1 }: CallRequest): Ending {
  const failed = { error: { name: 'Error', message: 'no' }, call: `c${attempt}` };
  return attempt <= 3
    ? { kind: 'retry', delay: 1_000, attempt: attempt + 1, ...failed }
    : { kind: 'dead-letter', reason: 'failed', attempt, ...failed };
}

describe('with delayStrategy native', () => {
  test('a quorum queue is declared with its own pauses, and room for the retries before its own limit', async (t) => {
    const { line, queue } = await start(t, { queueType: 'quorum', backOff: linear }, ends);

    const declared = line
      .sent()
      .find(({ method, args }) => method === 'queue.declare' && args.queue === queue);
    const given = Object.entries(declared?.args.arguments as Record<string, [string, unknown]>);
    const wanted = {
      'x-queue-type': 'quorum',
      'x-delayed-retry-type': 'failed',
      'x-delayed-retry-min': 1_000,
      'x-delayed-retry-max': 2_500,
      'x-delivery-limit': 23,
    };
    const chosen = given.filter(([name]) => name in wanted).map(([name, [, value]]) => [name, value]);
    assert.deepEqual(Object.fromEntries(chosen), wanted);
    assert.ok(!line.sent().some(({ args }) => String(args.queue).startsWith('retry.')));
  });

  test('a failed message is rejected, counted by the broker, and dead-lettered after its retries', async (t) => {
    const { queue, uri, context } = await start(t, { queueType: 'quorum', backOff: linear }, ends);
    const peer = await openPeer(t, uri);

    await peer.send(queue, { body: '{ "n": 1 }', messageId: 'm1', headers: { tenant: 'a' } });
    const dead = await peer.take(`${queue}.dead`);

    assert.deepEqual(
      context.requests.map(({ attempt }) => attempt),
      [1, 2, 3, 4],
    );
    assert.equal(dead.content.toString(), '{ "n": 1 }');
    const { headers = {} } = dead.properties;
    assert.deepEqual(
      [headers[headerNames.attempt], headers[headerNames.originQueue], headers.tenant],
      [4, queue, 'a'],
    );
    await eventually(async () => assert.equal(await peer.count(queue), 0));
  });

  for (const [what, options, version] of [
    ['an older broker', { queueType: 'quorum', backOff: linear }, '4.2.'],
    ['a classic queue', { backOff: linear }, '4.3.'],
    ['intervals that are not linear', { queueType: 'quorum', backOff: exponential() }, '4.3.'],
  ] as const)
    test(`messages wait in the shared queues, with ${what}`, async (t) => {
      const { line } = await start(t, options, ends, version);

      const declared = line.sent().filter(({ method }) => method === 'queue.declare');
      assert.ok(declared.some(({ args }) => String(args.queue).startsWith('retry.')));
      assert.ok(!JSON.stringify(declared).includes('x-delayed-retry'));
    });
});

test("a constant interval is a queue's own pause, too; chance, functions and none are not", () => {
  const capabilities = capabilitiesOf({ product: 'RabbitMQ', version: '4.3.1' });
  const queue = { name: 'q', arguments: { 'x-queue-type': 'quorum' } };
  const boundsOf = (backOff: BackOff): unknown =>
    queueRetry({ plan: { queue }, capabilities } as never, backOff)?.queueArguments;

  assert.deepEqual(boundsOf({}), {
    'x-delayed-retry-type': 'failed',
    'x-delayed-retry-min': 10_000,
    'x-delayed-retry-max': 10_000,
    'x-delivery-limit': 23,
  });
  assert.deepEqual(boundsOf({ maxRetries: Number.POSITIVE_INFINITY, interval: 5 }), {
    'x-delayed-retry-type': 'failed',
    'x-delayed-retry-min': 5,
    'x-delayed-retry-max': 5,
    'x-delivery-limit': -1,
  });
  for (const interval of [0, () => 5, { type: 'linear', initial: 5, jitter: 0.1 } as const])
    assert.equal(boundsOf({ interval }), undefined);
});

function exponential(): BackOff {
  return { maxRetries: 3, interval: { type: 'exponential', initial: 200 } };
}
