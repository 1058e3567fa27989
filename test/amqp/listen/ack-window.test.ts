import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as endOfTurn, setTimeout as wait } from 'node:timers/promises';
import { AckWindow, type OpenChannel } from '@micro-framework/amqp/internal';
import type { Ending } from '@micro-framework/core';
import fc from 'fast-check';
import { json, openPeer } from '../../support/amqp-peer.js';
import { eventually } from '../../support/eventually.js';
import { succeeded } from '../../support/fake-context.js';
import { listen } from '../../support/listen.js';
import { openVhost } from '../../support/rabbitmq.js';

type Message = Parameters<AckWindow['take']>[0];

/** The broker's side of a channel: what it has delivered and not been told of. Like RabbitMQ it minds unknown tags. */
class BrokerSide {
  readonly unsettled = new Set<number>();
  /** What was told of each delivery, by its tag. */
  readonly told: string[] = [];
  /** Frames that came. */
  readonly frames: string[] = [];
  readonly window: AckWindow;
  isOpen = true;
  #delivered = 0;

  constructor() {
    const channel = {
      ack: ({ fields }: Message, upTo = false) => this.#settled('ack', fields.deliveryTag, upTo),
      nack: ({ fields }: Message, upTo: boolean) => this.#settled('requeue', fields.deliveryTag, upTo),
    };
    const link = { channel, isOpen: () => this.isOpen, closed: new Promise(() => {}) };
    this.window = new AckWindow(link as unknown as OpenChannel);
  }

  deliver(): ReturnType<AckWindow['take']> {
    const deliveryTag = ++this.#delivered;
    this.unsettled.add(deliveryTag);
    return this.window.take({ fields: { deliveryTag } } as Message);
  }

  #settled(how: 'ack' | 'requeue', tag: number, upTo: boolean): void {
    this.frames.push(`${how} ${upTo ? 'up to ' : ''}${tag}`);
    assert.ok(this.unsettled.has(tag), `${how} of ${tag}, which costs the channel`);
    for (const one of upTo ? [...this.unsettled].filter((other) => other <= tag) : [tag]) {
      this.unsettled.delete(one);
      this.told[one] = how;
    }
  }
}

describe('acknowledgements of one turn', () => {
  test('go out in one frame', async () => {
    const broker = new BrokerSide();
    const places = [1, 2, 3].map(() => broker.deliver());

    for (const place of [places[2], places[0], places[1]]) if (place) void broker.window.ack(place);
    assert.deepEqual(broker.frames, []);
    await endOfTurn();

    assert.deepEqual(broker.frames, ['ack up to 3']);
    assert.equal(broker.unsettled.size, 0);
  });

  test('go out one by one from the first delivery on that is not settled', async () => {
    const broker = new BrokerSide();
    const [first, second, third, fourth, fifth] = [1, 2, 3, 4, 5].map(() => broker.deliver());
    assert.ok(first && second && third && fourth && fifth);

    await Promise.all([first, second, fourth, fifth].map((place) => broker.window.ack(place)));
    assert.deepEqual(broker.frames.splice(0).sort(), ['ack 4', 'ack 5', 'ack up to 2']);
    await broker.window.ack(third);

    assert.deepEqual(broker.frames, ['ack 3']);
  });

  test('are told by the time they resolve', async () => {
    const broker = new BrokerSide();
    const place = broker.deliver();

    await broker.window.ack(place);

    assert.deepEqual(broker.frames, ['ack 1']);
  });

  test('leave before anything else is read: the broker is not to wait for the next turn', async () => {
    const broker = new BrokerSide();
    const place = broker.deliver();
    const order: string[] = [];
    const next = endOfTurn().then(() => order.push('next turn'));

    await broker.window.ack(place).then(() => order.push('told'));
    await next;

    assert.deepEqual(order, ['told', 'next turn']);
  });

  test('are dropped when the channel has gone by its end: the broker has put the messages back', async () => {
    const broker = new BrokerSide();
    const acknowledged = broker.window.ack(broker.deliver());

    broker.isOpen = false;
    await acknowledged;

    assert.deepEqual(broker.frames, []);
  });
});

test('in whatever order deliveries are settled, each is told once and as it was settled', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: 'deliver' } as const) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('ack' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('requeue' as const), which: fc.nat() }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'end of turn' } as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
      const broker = new BrokerSide();
      const inHand: ReturnType<BrokerSide['deliver']>[] = [];
      const settled: string[] = [];

      for (const step of steps) {
        if (step.kind === 'deliver') inHand.push(broker.deliver());
        else if (step.kind === 'end of turn') await endOfTurn();
        else {
          const [place] = inHand.splice(step.which % Math.max(1, inHand.length), 1);
          if (!place) continue;
          settled[place.message.fields.deliveryTag] = step.kind;
          void broker.window[step.kind](place);
        }
      }
      await endOfTurn();

      assert.deepEqual(broker.told, settled);
      const unsettled = inHand.map(({ message }) => message.fields.deliveryTag);
      assert.deepEqual([...broker.unsettled], unsettled);
    }),
    { numRuns: 300 },
  );
});

test('a broker gets back what was not settled, and nothing that was', async (t) => {
  const { uri, unique } = await openVhost();
  const peer = await openPeer(t, uri);
  const forgotten = new Promise<Ending>(() => {});
  let handled = 0;
  // In hand for good are 5 of 500; the others are settled in an order of their own, several in a turn.
  const { context, queue, consumer } = await listen(
    t,
    uri,
    { source: unique('shop'), prefetch: 60 },
    async ({ messageId }) => {
      const n = Number(messageId);
      if (n % 100 === 50) return forgotten;
      await wait((n * 7919) % 5);
      handled += 1;
      return succeeded;
    },
  );

  await Promise.all(
    Array.from({ length: 500 }, (_, n) => peer.send(queue, { body: { n }, messageId: `${n}` })),
  );
  await eventually(() => assert.equal(handled, 495));
  await consumer.stop();
  await context.stopShared();

  const left: unknown[] = [];
  for (let message = await peer.get(queue); message; message = await peer.get(queue)) {
    assert.equal(message.fields.redelivered, true);
    left.push(json(message));
  }
  assert.deepEqual(
    left,
    [50, 150, 250, 350, 450].map((n) => ({ n })),
  );
});
