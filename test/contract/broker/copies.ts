import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { confirmChannel, newExchange, newQueue, next, publish, ready } from '../../support/broker-client.js';
import type { Contract } from './subject.js';

export const copies: Contract = (subject) =>
  suite('the headers CC and BCC', () => {
    for (const type of ['direct', 'topic'])
      test(`are more routing keys at a ${type} exchange; a queue gets one copy, its reader sees CC alone`, async (t) => {
        const ch = await confirmChannel(t, subject);
        const exchange = await newExchange(ch, type);
        const queues = [await newQueue(ch), await newQueue(ch), await newQueue(ch), await newQueue(ch)];
        for (const [index, key] of ['to', 'open', 'hidden', 'none'].entries())
          await ch.bindQueue(queues[index] as string, exchange, key);
        await ch.bindQueue(queues[0] as string, exchange, 'open');

        await publish(ch, exchange, 'to', 'x', { headers: { CC: ['open'], BCC: ['hidden', 'else'], a: 1 } });

        for (const queue of queues.slice(0, 3)) {
          await ready(ch, queue, 1);
          const { fields, properties } = await next(ch, queue);
          assert.equal(fields.routingKey, 'to');
          assert.deepEqual(properties.headers, { CC: ['open'], a: 1 });
        }
        await ready(ch, queues[3] as string, 0);
      });

    test('lead to queues by name at the default exchange', async (t) => {
      const ch = await confirmChannel(t, subject);
      const [to, open, hidden] = [await newQueue(ch), await newQueue(ch), await newQueue(ch)];

      await publish(ch, '', to, 'x', { headers: { CC: [open], BCC: [hidden] } });

      for (const queue of [to, open, hidden]) await ready(ch, queue, 1);
    });

    test('route a message that its own key would not', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'topic');
      const queue = await newQueue(ch);
      await ch.bindQueue(queue, exchange, 'hidden');
      const returned: string[] = [];
      ch.on('return', ({ content }) => returned.push(content.toString()));

      await publish(ch, exchange, 'nobody', 'found', { headers: { BCC: ['hidden'] }, mandatory: true });
      await publish(ch, exchange, 'nobody', 'lost', { headers: { BCC: ['other'] }, mandatory: true });

      assert.deepEqual(returned, ['lost']);
      await ready(ch, queue, 1);
    });

    test('a returned message does not show its BCC', async (t) => {
      const ch = await confirmChannel(t, subject);
      const exchange = await newExchange(ch, 'direct');
      const returned = new Promise<object | undefined>((resolve) =>
        ch.on('return', ({ properties }) => resolve(properties.headers)),
      );

      await publish(ch, exchange, 'k', 'x', { headers: { BCC: ['b'], CC: ['c'] }, mandatory: true });

      assert.deepEqual(await returned, { CC: ['c'] });
    });

    test('count again when the message is dead-lettered under its own key', async (t) => {
      const ch = await confirmChannel(t, subject);
      const onward = await newExchange(ch, 'topic');
      const wait = await newQueue(ch, { messageTtl: 30, deadLetterExchange: onward });
      const [open, hidden] = [await newQueue(ch), await newQueue(ch)];
      await ch.bindQueue(open, onward, 'open');
      await ch.bindQueue(hidden, onward, '*.hidden');

      await publish(ch, '', wait, 'x', { headers: { CC: ['open'], BCC: ['well.hidden'] } });

      for (const queue of [open, hidden]) {
        const { fields, properties } = await next(ch, queue);
        const { CC, BCC, 'x-death': deaths } = properties.headers ?? {};
        assert.deepEqual([fields.exchange, fields.routingKey], [onward, wait]);
        assert.deepEqual([CC, BCC], [['open'], undefined]);
        assert.deepEqual(deaths?.[0]?.['routing-keys'], [wait, 'open']);
      }
    });

    test('end when the queue dead-letters under a key of its own', async (t) => {
      const ch = await confirmChannel(t, subject);
      const onward = await newExchange(ch, 'direct');
      const ttl = { messageTtl: 30, deadLetterExchange: onward, deadLetterRoutingKey: 'fixed' };
      const wait = await newQueue(ch, ttl);
      const [fixed, open, hidden] = [await newQueue(ch), await newQueue(ch), await newQueue(ch)];
      await ch.bindQueue(fixed, onward, 'fixed');
      await ch.bindQueue(open, onward, 'open');
      await ch.bindQueue(hidden, onward, 'hidden');

      await publish(ch, '', wait, 'x', { headers: { CC: ['open'], BCC: ['hidden'] } });

      await ready(ch, fixed, 1);
      const { properties } = await next(ch, fixed);
      assert.equal(properties.headers?.CC, undefined);
      for (const queue of [open, hidden]) assert.equal((await ch.checkQueue(queue)).messageCount, 0);
    });

    for (const header of ['CC', 'BCC'])
      test(`${header} that is no list is an error of the channel`, async (t) => {
        const ch = await confirmChannel(t, subject);
        const queue = await newQueue(ch);
        const closed = new Promise<string>((resolve) => ch.on('error', (error) => resolve(error.message)));

        ch.publish('', queue, Buffer.from('x'), { headers: { [header]: 'text' } });

        assert.match(
          await closed,
          new RegExp(
            `PRECONDITION_FAILED - invalid message: \\{unacceptable_type_in_header,\\s*"${header}",\\s*longstr\\}`,
          ),
        );
      });

    test('what is no text in the list is passed over', async (t) => {
      const ch = await confirmChannel(t, subject);
      const [to, open] = [await newQueue(ch), await newQueue(ch)];

      await publish(ch, '', to, 'x', { headers: { CC: [1, true, open] } });

      for (const queue of [to, open]) await ready(ch, queue, 1);
    });
  });
