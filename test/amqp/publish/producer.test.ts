import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DelaysOffError, type PublishOptions, UnsendableError } from '@micro-framework/amqp';
import { type EventEffect, WorkerProducer } from '@micro-framework/amqp/internal';
import type { DependencyContext } from '@micro-framework/core';

/** The worker half, in a call that is running, that has ended, or in none; and what it hands over. */
function producer(
  call: 'running' | 'ended' | 'none',
  delays = true,
): {
  producer: WorkerProducer;
  asked: EventEffect[];
  emitted: EventEffect[];
} {
  const asked: EventEffect[] = [];
  const emitted: EventEffect[] = [];
  const scope = {
    active: call === 'running',
    emit: (name: string, effect: EventEffect) => {
      assert.equal(name, 'Producer');
      emitted.push(effect);
    },
  };
  const context = {
    config: { delays },
    ask: async (effect: EventEffect) => asked.push(effect),
    currentCall: () => (call === 'none' ? undefined : scope),
  };
  return { producer: new WorkerProducer(context as unknown as DependencyContext), asked, emitted };
}

describe('an event is', () => {
  test('noted while a call runs, and sent at once where there is none, or when told so', async () => {
    const running = producer('running');
    await running.producer.publish('e', 1);
    await running.producer.publish('e', 2, { immediate: true });
    const ended = producer('ended');
    await ended.producer.publish('e', 3);
    const none = producer('none');
    await none.producer.publish('e', 4);

    assert.deepEqual(running.emitted.map(text), ['1']);
    assert.deepEqual(running.asked.map(text), ['2']);
    assert.deepEqual(ended.asked.map(text), ['3']);
    assert.deepEqual(none.asked.map(text), ['4']);
  });

  test('not delayed by a service that has nowhere to let it wait: the error says what to set', async () => {
    const { producer: worker, asked } = producer('none', false);

    await assert.rejects(worker.publish('e', {}, { delay: 0 }), (error) => {
      assert.ok(error instanceof DelaysOffError);
      assert.match(error.message, /'e' has a delay.*delays to true.*AMQP_DELAYS/);
      return true;
    });
    assert.equal(asked.length, 0);
  });

  test('JSON, null where nothing is given', async () => {
    const { producer: worker, asked } = producer('none');

    await worker.publish('e', { text: 'hé ✓' });
    await worker.publish('e');

    assert.deepEqual(asked.map(text), ['{"text":"hé ✓"}', 'null']);
    assert.deepEqual(
      asked.map(({ contentType }) => contentType),
      ['application/json', 'application/json'],
    );
  });

  test('a copy of bytes, of the type they are said to have', async () => {
    const { producer: worker, asked } = producer('none');
    const bytes = Buffer.from('{"n":');

    await worker.publish('e', bytes);
    await worker.publish('e', bytes, { contentType: 'application/json' });
    bytes.fill(0);

    assert.deepEqual(asked.map(text), ['{"n":', '{"n":']);
    assert.deepEqual(
      asked.map(({ contentType }) => contentType),
      ['application/octet-stream', 'application/json'],
    );
    const [first] = asked;
    assert.ok(first?.body instanceof Uint8Array);
    assert.equal(first.body.buffer.byteLength, 5);
  });

  test('given an id of its own, or the one it was given', async () => {
    const { producer: worker, asked } = producer('none');

    await worker.publish('e', {});
    await worker.publish('e', {});
    await worker.publish('e', {}, { messageId: 'mine' });

    const [first, second, third] = asked.map(({ messageId }) => messageId);
    assert.notEqual(first, second);
    assert.match(first ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(third, 'mine');
  });
});

const circle: { self?: unknown } = {};
circle.self = circle;

const unsendable: [string, string, unknown, PublishOptions?][] = [
  ['a function', 'e', () => {}],
  ['a symbol', 'e', Symbol('s')],
  ['a BigInt', 'e', 1n],
  ['a circle', 'e', circle],
  ['text with the type of something else', 'e', 'text', { contentType: 'text/plain' }],
  ['an event without a name', '', {}],
  ['an event with too long a name', 'x'.repeat(256), {}],
  ['an expiration in the past', 'e', {}, { expiration: -1 }],
  ['an expiration in fractions', 'e', {}, { expiration: 0.5 }],
  ['a priority above the highest', 'e', {}, { priority: 256 }],
  ['a delay in fractions', 'e', {}, { delay: 0.5 }],
  ['a delay in the past', 'e', {}, { delay: -1 }],
  ['a delay above the longest', 'e', {}, { delay: 40 * 86_400_000 }],
  ['a delay with an expiration', 'e', {}, { delay: 100, expiration: 100 }],
  ['a delay and an exchange', 'e', {}, { delay: 100, exchange: 'other' }],
  ['a delay that is mandatory', 'e', {}, { delay: 100, mandatory: true }],
  ['too long a correlation id', 'e', {}, { correlationId: 'x'.repeat(256) }],
  ['too long a message id', 'e', {}, { messageId: 'x'.repeat(256) }],
];
for (const [what, event, payload, options] of unsendable) {
  test(`${what} is refused before it costs the service its channel`, async () => {
    const { producer: worker, asked } = producer('none');

    await assert.rejects(worker.publish(event, payload, options), UnsendableError);

    assert.deepEqual(asked, []);
  });
}

test('an option that does not exist is refused, with the one that was probably meant', async () => {
  const { producer: worker, asked } = producer('none');

  await assert.rejects(worker.publish('e', {}, { dela: 5 } as never), {
    code: new UnsendableError('').code,
    message: /event 'e' cannot be published: the option dela is unknown: did you mean delay\?/,
  });
  await assert.rejects(
    worker.publish('e', {}, { retries: 5 } as never),
    /retries is unknown\. Known are headers, /,
  );

  assert.deepEqual(asked, []);
});

function text({ body }: EventEffect): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}
