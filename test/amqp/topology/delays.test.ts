import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { delayRoute, delayTopology, delayUnit, longestDelay } from '@micro-framework/amqp/internal';
import fc from 'fast-check';

const delays = fc.oneof(fc.integer({ min: 1, max: longestDelay }), fc.integer({ min: 1, max: 10_000 }));
const topology = delayTopology('shop.events', { quorumWaits: true, delayedRetry: false });

/** Milliseconds a message spends on its way, by what is declared: the queue it dies in leads to the next exchange. */
function walk({ exchange, key }: { exchange: string; key: string }): { waited: number; queues: string[] } {
  const queues: string[] = [];
  let waited = 0;
  for (let at: string | undefined = exchange; at !== undefined && at !== 'shop.events'; ) {
    const bound = topology.bindings.find((binding) => binding.exchange === at && matches(binding.key, key));
    if (!bound) {
      at = topology.exchanges.find(({ name }) => name === at)?.alternate;
      continue;
    }
    const { arguments: args = {} } = topology.queues.find(({ name }) => name === bound.queue) ?? {};
    queues.push(bound.queue);
    waited += args['x-message-ttl'] as number;
    at = args['x-dead-letter-exchange'] as string | undefined;
  }
  return { waited, queues };
}

function matches(pattern: string, key: string): boolean {
  const escaped = pattern.replace(/[+/]/g, '\\$&').replaceAll('.', '\\.').replaceAll('*', '[^.]*');
  return new RegExp(`^${escaped.replaceAll('#\\.', '(.*\\.)?').replaceAll('\\.#', '(\\..*)?')}$`).test(key);
}

describe('a delay', () => {
  test('is waited for whole, and less than a unit longer, on the way through the queues', () => {
    fc.assert(
      fc.property(delays, (delay) => {
        const { waited } = walk(delayRoute(delay, 'shop.events'));

        assert.ok(waited >= delay && waited < delay + delayUnit, `${waited} for ${delay}`);
      }),
    );
  });

  test('never leads through a queue twice: RabbitMQ would drop the message as going in a circle', () => {
    fc.assert(
      fc.property(delays, (delay) => {
        const { queues } = walk(delayRoute(delay, 'shop.events'));

        assert.equal(new Set(queues).size, queues.length);
        assert.equal(queues.at(-1), 'shop.events.delayed');
      }),
    );
  });

  test('goes straight to the highest level it needs', () => {
    assert.equal(delayRoute(1, 'shop.events').exchange, 'delay.due');
    assert.equal(delayRoute(100, 'shop.events').exchange, 'delay.due');
    assert.equal(delayRoute(101, 'shop.events').exchange, 'delay.100');
    assert.equal(delayRoute(1_000, 'shop.events').exchange, 'delay.800');
    assert.equal(delayRoute(longestDelay, 'shop.events').exchange, 'delay.1677721600');
  });

  test('has a key that RabbitMQ takes, whatever the name of the service', () => {
    const longest = `${'s.'.repeat(50)}events`;

    assert.ok(Buffer.byteLength(delayRoute(longestDelay, longest).key) <= 255);
    assert.equal(delayRoute(longestDelay, longest).key.split('.').length, 26);
  });

  test('may be 38 days, and no queue waits longer than RabbitMQ can', () => {
    assert.equal(Math.floor(longestDelay / 86_400_000), 38);
    for (const { arguments: args } of topology.queues)
      assert.ok(Number(args['x-message-ttl'] ?? 0) < 2 ** 32);
  });
});
