import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  channel,
  confirmChannel,
  Inbox,
  newExchange,
  newQueue,
  next,
  publish,
  ready,
  unique,
} from '../../support/broker-client.js';
import type { Contract } from './subject.js';

export const routing: Contract = (subject) =>
  suite('routing', () => {
    test('the default exchange leads to the queue of that name', async (t) => {
      const ch = await confirmChannel(t, subject);
      const queue = await newQueue(ch);

      await publish(ch, '', queue, 'hello');

      const message = await next(ch, queue);
      assert.equal(message.fields.exchange, '');
      assert.equal(message.fields.routingKey, queue);
    });

    test('a direct exchange wants the exact key, and two keys to one queue make one copy', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'direct');
      const queue = await newQueue(ch);
      for (const key of ['a', 'b']) await ch.bindQueue(queue, exchange, key);

      for (const key of ['a', 'b', 'c', 'ab']) await publish(ch, exchange, key, key);

      const inbox = await Inbox.open(ch, queue, { noAck: true });
      await inbox.first(2);
      assert.deepEqual(inbox.bodies, ['a', 'b']);
    });

    test('a fanout exchange copies to each queue once, whatever the keys', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'fanout');
      const queues = [await newQueue(ch), await newQueue(ch)];
      for (const queue of queues) for (const key of ['x', 'y']) await ch.bindQueue(queue, exchange, key);

      await publish(ch, exchange, 'z', 'copy');

      for (const queue of queues) await ready(ch, queue, 1);
    });

    const topics: [pattern: string, matches: string[]][] = [
      ['a.*.c', ['a.b.c']],
      ['a.#', ['a', 'a.b', 'a.b.c', 'a.c', 'a.b.d.c', 'a.']],
      ['#', ['a', 'a.b', 'a.b.c', 'a.c', 'b', 'a.b.d.c', 'x.b', '', '.', 'a.']],
      ['*.b.#', ['a.b', 'a.b.c', 'a.b.d.c', 'x.b']],
      ['a.#.c', ['a.b.c', 'a.c', 'a.b.d.c']],
      ['*', ['a', 'b']],
      ['#.#', ['a', 'a.b', 'a.b.c', 'a.c', 'b', 'a.b.d.c', 'x.b', '', '.', 'a.']],
      ['*.*', ['a.b', 'a.c', 'x.b', '.', 'a.']],
      ['', ['']],
    ];
    for (const [pattern, matches] of topics)
      test(`the topic pattern '${pattern}' matches what it should`, async (t) => {
        const ch = await confirmChannel(t, subject);
        const exchange = await newExchange(ch, 'topic');
        const queue = await newQueue(ch);
        await ch.bindQueue(queue, exchange, pattern);

        for (const key of topics[2]?.[1] ?? []) await publish(ch, exchange, key, key);

        const inbox = await Inbox.open(ch, queue, { noAck: true });
        await inbox.first(matches.length);
        assert.deepEqual(inbox.bodies, matches);
      });

    const headers: [title: string, wanted: object, given: object, matches: boolean][] = [
      ['all of them', { 'x-match': 'all', a: 1, b: 'two' }, { a: 1, b: 'two', c: 3 }, true],
      ['all, one missing', { 'x-match': 'all', a: 1, b: 'two' }, { a: 1 }, false],
      ['all by default', { a: 1 }, { a: 2 }, false],
      ['any, one is there', { 'x-match': 'any', a: 1, b: 'two' }, { b: 'two' }, true],
      ['any, none is there', { 'x-match': 'any', a: 1 }, { b: 1 }, false],
      ['a number is not a text', { a: 1 }, { a: '1' }, false],
      ['names with x- are left out', { 'x-match': 'all', 'x-a': 1, b: 2 }, { b: 2 }, true],
      ['names with x- count with all-with-x', { 'x-match': 'all-with-x', 'x-a': 1 }, { b: 2 }, false],
    ];
    for (const [title, wanted, given, matches] of headers)
      test(`a headers exchange compares: ${title}`, async (t) => {
        const ch = await confirmChannel(t, subject);
        const exchange = await newExchange(ch, 'headers');
        const queue = await newQueue(ch);
        await ch.bindQueue(queue, exchange, '', wanted);

        await publish(ch, exchange, '', 'x', { headers: given });

        assert.equal((await ch.checkQueue(queue)).messageCount, matches ? 1 : 0);
      });

    test('a binding between exchanges passes on what matches', async (t) => {
      const ch = await confirmChannel(t, subject);
      const [first, second] = [await newExchange(ch, 'topic'), await newExchange(ch, 'fanout')];
      const queue = await newQueue(ch);
      await ch.bindExchange(second, first, 'go.#');
      await ch.bindQueue(queue, second, '');

      for (const key of ['go.1', 'stay', 'go.2']) await publish(ch, first, key, key);

      const inbox = await Inbox.open(ch, queue, { noAck: true });
      await inbox.first(2);
      assert.deepEqual(inbox.bodies, ['go.1', 'go.2']);
    });

    test('exchanges bound in a ring route each message once', async (t) => {
      const ch = await confirmChannel(t, subject);
      const [first, second] = [await newExchange(ch, 'fanout'), await newExchange(ch, 'fanout')];
      const queue = await newQueue(ch);
      await ch.bindExchange(second, first, '');
      await ch.bindExchange(first, second, '');
      await ch.bindQueue(queue, second, '');

      await publish(ch, first, '', 'once');

      assert.equal((await ch.checkQueue(queue)).messageCount, 1);
    });

    test('after unbinding nothing is routed', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'topic');
      const queue = await newQueue(ch);
      await ch.bindQueue(queue, exchange, 'k');
      await publish(ch, exchange, 'k', 'before');

      await ch.unbindQueue(queue, exchange, 'k');
      await publish(ch, exchange, 'k', 'after');

      assert.equal((await ch.checkQueue(queue)).messageCount, 1);
    });

    test('what matches nothing goes to the alternate exchange', async (t) => {
      const ch = await confirmChannel(t, subject);
      const alternate = await newExchange(ch, 'fanout');
      const exchange = await newExchange(ch, 'direct', { alternateExchange: alternate });
      const queue = await newQueue(ch);
      await ch.bindQueue(queue, alternate, '');
      await ch.bindQueue(queue, exchange, 'known');

      await publish(ch, exchange, 'unknown', 'x');

      assert.equal((await next(ch, queue)).fields.exchange, exchange);
    });

    test('an auto-delete exchange goes with its last binding', async (t) => {
      const ch = await channel(t, subject);
      const exchange = await newExchange(ch, 'topic', { autoDelete: true });
      const queue = await newQueue(ch);
      await ch.bindQueue(queue, exchange, 'k');

      await ch.unbindQueue(queue, exchange, 'k');

      await assert.rejects(ch.checkExchange(exchange), /NOT_FOUND/);
    });

    test('a deleted queue leaves its bindings', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'topic');
      const name = unique('queue');
      await ch.assertQueue(name);
      await ch.bindQueue(name, exchange, '#');

      await ch.deleteQueue(name);
      await ch.assertQueue(name);
      await publish(ch, exchange, 'k', 'x');

      assert.equal((await ch.checkQueue(name)).messageCount, 0);
    });
  });
