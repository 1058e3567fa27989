import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '@micro-framework/broker';
import fc from 'fast-check';
import { confirmChannel, newExchange, newQueue, publish, type Subject } from '../support/broker-client.js';

async function subject(t: TestContext): Promise<Subject> {
  const broker = await startBroker();
  t.after(() => broker.close());
  return { url: broker.url as string };
}

/** The rule, word by word. */
function matches(pattern: readonly string[], words: readonly string[]): boolean {
  const [first, ...others] = pattern;
  if (first === undefined) return words.length === 0;
  if (first === '#') return words.some((_, n) => matches(others, words.slice(n))) || matches(others, []);
  return words.length > 0 && (first === '*' || first === words[0]) && matches(others, words.slice(1));
}

const patterns = fc.uniqueArray(
  fc.array(fc.constantFrom('#', '#', '*', 'a', 'b'), { minLength: 1, maxLength: 7 }),
  { minLength: 1, maxLength: 12, selector: (pattern) => pattern.join('.') },
);
const keys = fc.uniqueArray(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 7 }), {
  minLength: 1,
  maxLength: 8,
  selector: (key) => key.join('.'),
});

test('what a topic exchange matches is what the rule says, however many # there are', async (t) => {
  const ch = await confirmChannel(t, await subject(t));

  await fc.assert(
    fc.asyncProperty(patterns, keys, async (bound, sent) => {
      const exchange = await newExchange(ch, 'topic');
      const queues = await Promise.all(bound.map(() => newQueue(ch)));
      for (const [n, pattern] of bound.entries()) {
        await ch.bindQueue(queues[n] as string, exchange, pattern.join('.'));
      }

      for (const key of sent) await publish(ch, exchange, key.join('.'), '');

      for (const [n, pattern] of bound.entries()) {
        const { messageCount } = await ch.deleteQueue(queues[n] as string);
        assert.equal(messageCount, sent.filter((key) => matches(pattern, key)).length, pattern.join('.'));
      }
      await ch.deleteExchange(exchange);
    }),
    { numRuns: 60 },
  );
});

test('patterns of twenty # do not hold up the broker, whatever stands between them', async (t) => {
  const ch = await confirmChannel(t, await subject(t));
  const exchange = await newExchange(ch, 'topic');
  const queue = await newQueue(ch);
  for (const between of ['.', '.a.', '.*.'])
    await ch.bindQueue(queue, exchange, `${Array(20).fill('#').join(between)}.z`);

  await publish(ch, exchange, Array(100).fill('a').join('.'), 'to nobody');
  await publish(ch, exchange, `${Array(100).fill('a').join('.')}.z`, 'to all three');

  assert.equal((await ch.checkQueue(queue)).messageCount, 1);
});

test('a binding stays as it was given, with all its #', async (t) => {
  const ch = await confirmChannel(t, await subject(t));
  const exchange = await newExchange(ch, 'topic');
  const queue = await newQueue(ch);
  await ch.bindQueue(queue, exchange, '#.#.z');
  await ch.bindQueue(queue, exchange, '#.z');

  await ch.unbindQueue(queue, exchange, '#.#.z');
  await publish(ch, exchange, 'a.z', '');
  await ch.unbindQueue(queue, exchange, '#.z');
  await publish(ch, exchange, 'a.z', '');

  assert.equal((await ch.checkQueue(queue)).messageCount, 1);
});
