import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { confirmChannel, newQueue, next } from '../../support/broker-client.js';
import {
  contentHeader,
  field,
  frame,
  longstr,
  method,
  publishTo,
  RawClient,
  shortstr,
} from '../../support/broker-raw.js';
import type { Contract } from './subject.js';

const noText = Buffer.alloc(100, 0xff);
const flag = {
  contentType: 1 << 15,
  headers: 1 << 13,
  deliveryMode: 1 << 12,
  expiration: 1 << 8,
  messageId: 1 << 7,
};

const declare = (name: string | Buffer, args: Buffer = longstr('')): Buffer =>
  method(50, 10, Buffer.alloc(2), shortstr(name), Buffer.from([4]), args);
const headers = (...fields: Buffer[]): Buffer => longstr(Buffer.concat(fields));

export const malformed: Contract = (subject) =>
  suite('bytes that mean nothing', () => {
    const undecodable: [title: string, flags: number, properties: Buffer][] = [
      ['a header of a type that nobody knows', flag.headers, headers(field('a', '?'))],
      ['a header that is cut off', flag.headers, headers(field('a', 'S', Buffer.from([0, 0, 0, 9, 1])))],
      ['headers that are longer than their frame', flag.headers, Buffer.from([0, 0, 0, 9, 1])],
      ['a text that is longer than its frame', flag.contentType, Buffer.from([9, 1])],
      ['a property that is announced and missing', flag.deliveryMode, Buffer.alloc(0)],
      ['bytes behind the properties', flag.deliveryMode, Buffer.from([2, 9, 9])],
    ];
    for (const [title, flags, properties] of undecodable)
      test(`${title}: the message is not taken, and the connection ends`, async (t) => {
        const ch = await confirmChannel(t, subject);
        const queue = await newQueue(ch);
        const client = await RawClient.ready(t, subject);

        client.send(frame(1, 1, publishTo('', queue)), frame(2, 1, contentHeader(0, { flags, properties })));

        // RabbitMQ's channel crashes of it.
        const { code } = await client.refusal();
        assert.ok(code === 501 || code === 541, `${code}`);
        assert.equal((await ch.checkQueue(queue)).messageCount, 0);
      });

    const names: [title: string, payload: Buffer][] = [
      ['a queue', declare(noText)],
      ['an exchange', method(40, 10, Buffer.alloc(2), shortstr(noText), shortstr('direct'), Buffer.alloc(5))],
      [
        'a binding',
        method(50, 20, Buffer.alloc(2), shortstr('q'), shortstr('x'), shortstr(noText), Buffer.alloc(5)),
      ],
      ['a consumer', method(60, 20, Buffer.alloc(2), shortstr('q'), shortstr(noText), Buffer.alloc(5))],
    ];
    for (const [title, payload] of names)
      test(`the name of ${title} has to be a text`, async (t) => {
        const client = await RawClient.ready(t, subject);

        client.send(frame(1, 1, payload));

        const text = 'FRAME_ERROR - Malformed UTF-8 in shortstr';
        assert.deepEqual(await client.refusal(), { code: 501, text });
      });

    const methods: [title: string, payload: Buffer, octets: string][] = [
      ['a method that is cut short', method(50, 10, Buffer.alloc(2), shortstr('x')), '0,0,1,120'],
      ['a table that is cut short', declare('q', Buffer.from([0, 0, 0, 9, 1])), '0,0,1,113,4,0,0,0,9,1'],
      ['a method with bytes behind it', method(20, 20, Buffer.from([1, 2, 3])), '1,2,3'],
      ['a publish that is cut short', method(60, 40, Buffer.alloc(2), shortstr('x')), '0,0,1,120'],
      [
        'a publish with bytes behind it',
        Buffer.concat([publishTo('', 'q'), Buffer.from([7])]),
        '0,0,0,1,113,0,7',
      ],
    ];
    for (const [title, payload, octets] of methods)
      test(`${title} cannot be decoded`, async (t) => {
        const client = await RawClient.ready(t, subject);

        client.send(frame(1, 1, payload));

        const text = `FRAME_ERROR - cannot decode <<${octets}>>`;
        assert.deepEqual(await client.refusal(), { code: 501, text });
      });

    test('a property that is no text goes through all, byte for byte', async (t) => {
      const ch = await confirmChannel(t, subject);
      const dead = await newQueue(ch);
      const queue = await newQueue(ch, { deadLetterExchange: '', deadLetterRoutingKey: dead });
      const client = await RawClient.ready(t, subject);
      const flags = flag.expiration | flag.messageId;
      const properties = Buffer.concat([shortstr('20'), shortstr(noText)]);

      client.send(frame(1, 1, publishTo('', queue)), frame(2, 1, contentHeader(0, { flags, properties })));

      await next(ch, dead, false);
      await ch.recover();
      client.send(frame(1, 1, method(60, 70, Buffer.alloc(2), shortstr(dead), Buffer.from([1]))));
      await client.until(60, 71);
      const { payload } = await client.frame(2);
      assert.ok(payload.includes(shortstr(noText)));
    });

    test('a count of deaths that cannot be is no reason to lose the message', async (t) => {
      const ch = await confirmChannel(t, subject);
      const dead = await newQueue(ch);
      const queue = await newQueue(ch, {
        messageTtl: 20,
        deadLetterExchange: '',
        deadLetterRoutingKey: dead,
      });
      const death = { queue, reason: 'expired', count: -5, exchange: '', 'routing-keys': [queue] };

      // As a cycle it would be dropped: what died of its age and comes to the queue it died in.
      ch.sendToQueue(queue, Buffer.from('x'), { headers: { 'x-death': [death] } });

      assert.equal((await next(ch, dead)).content.toString(), 'x');
    });
  });
