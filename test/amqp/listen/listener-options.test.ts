import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventListener, QueueListener } from '@micro-framework/amqp';
import { type EntrypointDecorator, Module, Service } from '@micro-framework/core';
import { faultsOf } from '../../core/support/scan.js';

type Options = Parameters<typeof EventListener>[2];

describe('an option of @EventListener that cannot be', () => {
  const cases: [options: object, fault: RegExp][] = [
    [{ filter: 'yes' }, /its filter is no function/],
    [{ prefetch: 0 }, /its prefetch is 0: write a whole number from 1 to 65535\./],
    [{ prefetch: 65_536 }, /its prefetch is 65536/],
    [{ priority: 1.5 }, /its priority is 1\.5/],
    [{ singleActive: 'yes' }, /its singleActive is yes: write true or false\./],
    [{ queueType: 'stream' }, /its queueType is stream: write classic or quorum\./],
    [{ handler: 'all' }, /its handler is all: write pool or singleton or broadcast\./],
    [{ handler: 'broadcast', queueType: 'quorum' }, /a broadcast's queue lives and dies with its instance/],
    [
      { handler: 'broadcast', queueOptions: { declare: false } },
      /nobody else can declare an instance's queue/,
    ],
    [{ queue: '' }, /its queue is no name a queue can have/],
    [{ queue: 'amq.mine' }, /not beginning with amq\./],
    [{ batch: 100 }, /its batch is no object: write \{ size: 100, maxWait: 1_000 \}\./],
    [{ batch: {} }, /its batch\.size is NaN: write a whole number from 1 to 65535\./],
    [{ batch: { size: 0 } }, /its batch\.size is 0/],
    [{ batch: { size: 10, maxwait: 5 } }, /its batch\.maxwait is unknown\. Known are size, maxWait\./],
    [{ batch: { size: 10, maxWait: -1 } }, /its batch\.maxWait is -1/],
    [{ batch: { size: 10 }, prefetch: 9 }, /its prefetch of 9 never fills a batch of 10/],
    [{ queueOptions: 'durable' }, /its queueOptions are no object/],
    [{ queueOptions: { exclusive: true } }, /its queueOptions\.exclusive is unknown\. Known are durable/],
    [{ queueOptions: { durable: 1 } }, /its queueOptions\.durable is 1/],
    [{ queueOptions: { arguments: { 'x-queue-type': 'quorum' } } }, /write it as the option queueType\./],
    [{ queueOptions: { arguments: { 'x-single-active-consumer': true } } }, /as the option singleActive\./],
    [
      { queueOptions: { arguments: { 'x-max-length': Number.NaN } } },
      /value for x-max-length that is neither/,
    ],
    [{ queueType: 'quorum', queueOptions: { durable: false } }, /cannot be of the type quorum/],
    [{ queueType: 'quorum', queueOptions: { autoDelete: true } }, /cannot be of the type quorum/],
    [{ exchange: 'other' }, /its exchange is no object/],
    [{ exchange: { name: '' } }, /its exchange\.name is no name/],
    [{ exchange: { type: 'topics' } }, /its exchange\.type is topics: write topic, direct, fanout, headers/],
    [{ exchange: { name: 'amq.topic' } }, /write \{ name: 'amq\.topic', declare: false \}/],
    [{ exchange: { kind: 'topic' } }, /its exchange\.kind is unknown/],
    [{ bindingArguments: ['x'] }, /its bindingArguments are no object/],
    [{ prefetsh: 1 }, /prefetsh is unknown: did you mean prefetch\?/],
  ];
  for (const [options, fault] of cases) {
    test(`is told at the scan: ${JSON.stringify(options)}`, () => {
      const [first = '', ...others] = faultsWith(EventListener('shop', 'placed', options as Options));

      assert.match(first, /^@EventListener on Wrong\.handle \(.*\): /);
      assert.match(first, fault);
      assert.deepEqual(others, []);
    });
  }

  test('is an exchange of too long a name, unless it is given another', () => {
    const source = 's'.repeat(249);

    assert.match(
      faultsWith(EventListener(source, 'placed')).join(),
      /its exchange would be called s+\.events/,
    );
    assert.deepEqual(faultsWith(EventListener(source, 'placed', { exchange: { name: 'short' } })), []);
    assert.deepEqual(faultsWith(EventListener('s'.repeat(248), 'placed')), []);
  });

  test('is nothing of all that can be', () => {
    const options = {
      filter: () => true,
      prefetch: 65_535,
      priority: -3,
      singleActive: true,
      queueType: 'quorum',
      handler: 'singleton',
      queue: 'mine',
      batch: { size: 65_535, maxWait: 0 },
      queueOptions: { durable: true, autoDelete: false, arguments: { 'x-max-length': 5 }, declare: true },
      exchange: { name: 'other', type: 'x-random', durable: false, autoDelete: true, arguments: { a: 'b' } },
      bindingArguments: { 'x-match': 'any' },
      backOff: { maxRetries: 1 },
    } as const;

    assert.deepEqual(faultsWith(EventListener('shop', 'placed', options)), []);
  });
});

describe('an option of @QueueListener that cannot be', () => {
  const cases: [options: object, fault: RegExp][] = [
    [{ routingKey: 'k' }, /it has a routingKey or bindingArguments and no exchange/],
    [{ exchange: {}, routingKey: 'k' }, /its exchange has no name/],
    [{ exchange: { name: 'e' } }, /its exchange is of the type topic: write the routingKey/],
    [
      { exchange: { name: 'e' }, routingKey: 'k'.repeat(256) },
      /its routingKey must be text of at most 255 bytes/,
    ],
    [{ prefetch: -1 }, /its prefetch is -1/],
    [{ handler: 'pool' }, /handler is unknown/],
  ];
  for (const [options, fault] of cases) {
    test(`is told at the scan: ${JSON.stringify(options)}`, () => {
      const [first = '', ...others] = faultsWith(QueueListener('mine', options as never));

      assert.match(first, /^@QueueListener on Wrong\.handle \(.*\): /);
      assert.match(first, fault);
      assert.deepEqual(others, []);
    });
  }

  test('is a name that no queue can have', () => {
    assert.match(faultsWith(QueueListener('')).join(), /its queue is no name a queue can have/);
    assert.deepEqual(faultsWith(QueueListener('mine', { exchange: { name: 'e', type: 'fanout' } })), []);
  });
});

function faultsWith(
  decorator: EntrypointDecorator<[never]> | EntrypointDecorator<[never[]]>,
): readonly string[] {
  class Wrong {
    handle(): void {}
  }
  const place = Object.getOwnPropertyDescriptor(Wrong.prototype, 'handle') as PropertyDescriptor;
  (decorator as EntrypointDecorator<[never]>)(Wrong.prototype, 'handle', place);
  Service()(Wrong);
  class WrongModule {}
  Module({ services: [Wrong] })(WrongModule);
  return faultsOf(WrongModule);
}
