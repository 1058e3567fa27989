import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  contentHeader,
  frame,
  method,
  open,
  protocolHeader,
  publishTo,
  RawClient,
  shortstr,
  startOk,
  tuneOk,
} from '../../support/broker-raw.js';
import type { Contract } from './subject.js';

export const handshake: Contract = (subject) =>
  suite('handshake and framing', () => {
    test('another protocol is told which one is spoken', async (t) => {
      const client = await RawClient.open(t, subject);

      client.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));

      await client.closed();
      assert.deepEqual(client.raw, protocolHeader);
    });

    test('a wrong password is refused', async (t) => {
      const client = await RawClient.open(t, subject);
      client.send(protocolHeader);
      await client.until(10, 10);

      client.send(frame(1, 0, startOk(subject, 'PLAIN', 'wrong')));

      const text =
        'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.';
      assert.deepEqual(await client.refusal(), { code: 403, text });
    });

    test('another virtual host is refused', async (t) => {
      const client = await RawClient.open(t, subject);
      client.send(protocolHeader);
      await client.until(10, 10);
      client.send(frame(1, 0, startOk(subject)));
      await client.until(10, 30);

      client.send(frame(1, 0, tuneOk()), frame(1, 0, open('elsewhere')));

      assert.deepEqual(await client.refusal(), {
        code: 530,
        text: 'NOT_ALLOWED - vhost elsewhere not found',
      });
    });

    test('a frame limit above the offered one ends the connection', async (t) => {
      const client = await RawClient.open(t, subject);
      client.send(protocolHeader);
      await client.until(10, 10);
      client.send(frame(1, 0, startOk(subject)));
      await client.until(10, 30);

      client.send(frame(1, 0, tuneOk({ frameMax: 1_000_000 })));

      await client.closed();
      assert.ok(!client.frames.some(({ payload }) => payload.readUInt32BE(0) === ((10 << 16) | 41)));
    });

    test('large messages come in frames of the size that was agreed on', async (t) => {
      const client = await RawClient.ready(t, subject, { frameMax: 4096 });
      const queue = 'exclusive-frames';
      client.send(
        frame(1, 1, method(50, 10, Buffer.alloc(2), shortstr(queue), Buffer.from([4, 0, 0, 0, 0]))),
      );
      await client.until(50, 11);
      client.send(frame(1, 1, publishTo('', queue)), frame(2, 1, contentHeader(10_000)));
      for (const size of [4088, 4088, 1824]) client.send(frame(3, 1, Buffer.alloc(size, size)));

      client.send(frame(1, 1, method(60, 70, Buffer.alloc(2), shortstr(queue), Buffer.from([1]))));
      await client.until(60, 71);
      client.send(frame(1, 1, method(20, 40, Buffer.alloc(7))));
      const sizes = await bodySizes(client);

      assert.deepEqual(sizes, [4088, 4088, 1824]);
    });

    const mistakes: [title: string, bytes: Buffer, code: number][] = [
      ['a frame without its end', frame(1, 1, method(20, 10, shortstr('')), 0xcd), 501],
      ['a frame that is too large', Buffer.from([3, 0, 1, 0x7f, 0, 0, 0, 0, 0]), 501],
      ['a frame of unknown type', frame(7, 1, Buffer.alloc(0)), 501],
      ['a second channel.open', frame(1, 1, method(20, 10, shortstr(''))), 504],
      ['a method on a channel that is not open', frame(1, 9, method(60, 10, Buffer.alloc(7))), 504],
      ['a body where a method is due', frame(3, 1, Buffer.from('x')), 505],
      ['a header where a method is due', frame(2, 1, contentHeader(0)), 505],
      [
        'a body where a header is due',
        Buffer.concat([frame(1, 1, publishTo('', 'q')), frame(3, 1, Buffer.from('x'))]),
        505,
      ],
      [
        'a method where a header is due',
        Buffer.concat([frame(1, 1, publishTo('', 'q')), frame(1, 1, publishTo('', 'q'))]),
        505,
      ],
      [
        'a header of another class',
        Buffer.concat([frame(1, 1, publishTo('', 'q')), frame(2, 1, contentHeader(0, { classId: 50 }))]),
        505,
      ],
    ];
    for (const [title, bytes, code] of mistakes)
      test(`${title} ends the connection with ${code}`, async (t) => {
        const client = await RawClient.ready(t, subject);

        client.send(bytes);

        assert.equal((await client.refusal()).code, code);
      });

    test('closing a connection is answered', async (t) => {
      const client = await RawClient.ready(t, subject);

      client.send(frame(1, 0, method(10, 50, Buffer.alloc(7))));

      assert.equal((await client.until(10, 51)).length, 0);
    });
  });

// Everything up to the answer to channel.close belongs to the message.
async function bodySizes(client: RawClient): Promise<number[]> {
  const isEnd = ({ type, payload }: { type: number; payload: Buffer }): boolean =>
    type === 1 && payload.readUInt32BE(0) === ((20 << 16) | 41);
  while (!client.frames.some(isEnd)) await new Promise((resolve) => client.socket.once('data', resolve));
  return client.frames.filter(({ type }) => type === 3).map(({ payload }) => payload.length);
}
