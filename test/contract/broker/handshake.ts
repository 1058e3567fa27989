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

    const content = (expected: string): string => `UNEXPECTED_FRAME - expected ${expected} frame instead`;
    const header = content('content header for class 60, got non content header');
    const body = content('content body, got non content body');
    const nothing = content('method frame, got non method');
    const publish = frame(1, 1, publishTo('', 'q'));
    const sized = Buffer.concat([publish, frame(2, 1, contentHeader(1))]);
    const ended = '{invalid_frame_end_marker,205}';
    const mistakes: [title: string, bytes: Buffer, code: number, text: string][] = [
      [
        'a frame without its end',
        frame(1, 1, method(20, 10, shortstr('')), 0xcd),
        501,
        `FRAME_ERROR - type 1, all octets = <<0,20,0,10,0>>: ${ended}`,
      ],
      [
        'a frame that is too large',
        Buffer.from([3, 0, 1, 0x7f, 0, 0, 0, 0, 0]),
        501,
        'FRAME_ERROR - type 3, all octets = <<>>: {frame_too_large,2130706432,131064}',
      ],
      [
        'a frame of unknown type',
        frame(7, 1, Buffer.alloc(0)),
        501,
        'FRAME_ERROR - type 7, all octets = <<>>: unknown_frame',
      ],
      [
        'a second channel.open',
        frame(1, 1, method(20, 10, shortstr(''))),
        504,
        "CHANNEL_ERROR - second 'channel.open' seen",
      ],
      [
        'a method on a channel that is not open',
        frame(1, 9, method(60, 10, Buffer.alloc(7))),
        504,
        "CHANNEL_ERROR - expected 'channel.open'",
      ],
      [
        'a method of a channel where there is none',
        frame(1, 0, method(60, 10, Buffer.alloc(7))),
        504,
        'CHANNEL_ERROR - unexpected method in connection state running',
      ],
      ['a header where there is no channel', frame(2, 0, contentHeader(0)), 505, noChannel],
      ['a body where a method is due', frame(3, 1, Buffer.from('x')), 505, nothing],
      ['a header where a method is due', frame(2, 1, contentHeader(0)), 505, nothing],
      ['a body where a header is due', Buffer.concat([publish, frame(3, 1, Buffer.from('x'))]), 505, header],
      ['a method where a header is due', Buffer.concat([publish, publish]), 505, header],
      [
        'a header with a weight',
        Buffer.concat([publish, frame(2, 1, contentHeader(0, { weight: 1 }))]),
        505,
        header,
      ],
      ['a method where a body is due', Buffer.concat([sized, publish]), 505, body],
      ['a header where a body is due', Buffer.concat([sized, frame(2, 1, contentHeader(0))]), 505, body],
      [
        'a header of another class',
        Buffer.concat([publish, frame(2, 1, contentHeader(0, { classId: 50 }))]),
        505,
        'UNEXPECTED_FRAME - expected content header for class 60, got one for class 50 instead',
      ],
      [
        'a method that only a broker sends',
        frame(1, 1, method(20, 11, Buffer.alloc(4))),
        503,
        'COMMAND_INVALID - unimplemented method',
      ],
      [
        'an immediate message',
        Buffer.concat([
          frame(1, 1, method(60, 40, Buffer.alloc(2), shortstr(''), shortstr('q'), Buffer.from([2]))),
          frame(2, 1, contentHeader(0)),
        ]),
        540,
        'NOT_IMPLEMENTED - immediate=true',
      ],
      [
        'a prefetch in bytes',
        frame(1, 1, method(60, 10, Buffer.from([0, 0, 0, 5, 0, 0, 0]))),
        540,
        'NOT_IMPLEMENTED - prefetch_size!=0 (5)',
      ],
      [
        'a flow that is to stop',
        frame(1, 1, method(20, 20, Buffer.from([0]))),
        540,
        'NOT_IMPLEMENTED - active=false',
      ],
      [
        'a recover that is not to requeue',
        frame(1, 1, method(60, 110, Buffer.from([0]))),
        540,
        'NOT_IMPLEMENTED - requeue=false',
      ],
    ];
    for (const [title, bytes, code, text] of mistakes)
      test(`${title} ends the connection with ${code}`, async (t) => {
        const client = await RawClient.ready(t, subject);

        client.send(bytes);

        assert.deepEqual(await client.refusal(), { code, text });
      });

    test('more channels than were agreed on end the connection, whatever their numbers', async (t) => {
      const client = await RawClient.ready(t, subject, { channelMax: 2 });
      client.send(frame(1, 9, method(20, 10, shortstr(''))));
      await client.until(20, 11);

      client.send(frame(1, 2, method(20, 10, shortstr(''))));

      const text = 'NOT_ALLOWED - number of channels opened (2) has reached the negotiated channel_max (2)';
      assert.deepEqual(await client.refusal(), { code: 530, text });
    });

    test('a client that would not understand is not told that its consumer has ended', async (t) => {
      const client = await RawClient.ready(t, subject);
      const queue = shortstr('exclusive-cancel');
      client.send(frame(1, 1, method(50, 10, Buffer.alloc(2), queue, Buffer.from([4, 0, 0, 0, 0]))));
      client.send(frame(1, 1, method(60, 20, Buffer.alloc(2), queue, shortstr('tag'), Buffer.alloc(5))));
      await client.until(60, 21);

      client.send(frame(1, 1, method(50, 40, Buffer.alloc(2), queue, Buffer.from([0]))));

      client.send(frame(1, 1, method(20, 40, Buffer.alloc(7))));
      const answers = [await client.frame(1), await client.frame(1)];
      const deleteOk = (50 << 16) | 41;
      const closeOk = (20 << 16) | 41;
      assert.deepEqual(
        answers.map(({ payload }) => payload.readUInt32BE(0)),
        [deleteOk, closeOk],
      );
    });

    test('closing a connection is answered', async (t) => {
      const client = await RawClient.ready(t, subject);

      client.send(frame(1, 0, method(10, 50, Buffer.alloc(7))));

      assert.equal((await client.until(10, 51)).length, 0);
    });
  });

const noChannel = 'UNEXPECTED_FRAME - type 2, all octets = <<0,60,0,0,0,0,0,0,0,0,0,0,0,0>>';

// Everything up to the answer to channel.close belongs to the message.
async function bodySizes(client: RawClient): Promise<number[]> {
  const isEnd = ({ type, payload }: { type: number; payload: Buffer }): boolean =>
    type === 1 && payload.readUInt32BE(0) === ((20 << 16) | 41);
  while (!client.frames.some(isEnd)) await new Promise((resolve) => client.socket.once('data', resolve));
  return client.frames.filter(({ type }) => type === 3).map(({ payload }) => payload.length);
}
