import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { writeTogether } from '@micro-framework/core';

interface Line {
  /** The end that writes together. */
  readonly socket: Socket;
  /** Resolves with all that has come at the other end, once it has been hung up. */
  received(): Promise<string>;
}

async function openLine(t: TestContext): Promise<Line> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
  const [[other]] = (await Promise.all([accepted, once(socket, 'connect')])) as [[Socket], unknown];
  t.after(() => {
    socket.destroy();
    server.close();
  });
  const chunks: Buffer[] = [];
  other.on('data', (chunk) => chunks.push(chunk));
  const ended = once(other, 'end');
  return {
    socket,
    async received() {
      await ended;
      return Buffer.concat(chunks).toString();
    },
  };
}

const turnEnd = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What the socket is really told to write, from now on. */
function writesOf(socket: Socket): unknown[] {
  const written: unknown[] = [];
  const write: (...args: unknown[]) => boolean = socket.write.bind(socket) as never;
  socket.write = (...args: unknown[]) => {
    written.push(args[0]);
    return write(...args);
  };
  return written;
}

describe('what is written in one turn', () => {
  test('waits for the end of the turn, and then leaves in one piece', async (t) => {
    const { socket } = await openLine(t);
    const written = writesOf(socket);
    writeTogether(socket);

    for (const text of ['a', Buffer.from('b'), 'ç', Buffer.from('d')]) socket.write(text);
    const early = written.length;
    await turnEnd();

    assert.deepEqual([early, written.map(String)], [0, ['abçd']]);
  });

  test('takes along what is written at its end', async (t) => {
    const { socket } = await openLine(t);
    const written = writesOf(socket);
    writeTogether(socket);

    socket.write('answer,');
    process.nextTick(() => socket.write('acknowledgement'));
    await turnEnd();

    assert.deepEqual(written.map(String), ['answer,acknowledgement']);
  });

  test('leaves at once as far as it is the first message of the turn, where messages are corked', async (t) => {
    const { socket } = await openLine(t);
    const written = writesOf(socket);
    writeTogether(socket);

    for (const message of ['first', 'second', 'third']) {
      socket.cork();
      socket.write(Buffer.from('head:'));
      socket.write(message);
      socket.uncork();
    }
    const early = written.map(String);
    await turnEnd();
    socket.cork();
    socket.write('next');
    socket.uncork();

    assert.deepEqual(early, ['head:first']);
    assert.deepEqual(written.map(String), ['head:first', 'head:secondhead:third', 'next']);
  });

  test('leaves before that as soon as it is 4 KiB, for the other side to begin', async (t) => {
    const { socket } = await openLine(t);
    const written = writesOf(socket);
    writeTogether(socket);

    for (let count = 0; count < 50; count += 1) socket.write('x'.repeat(100));
    const early = written.map((chunk) => String(chunk).length);
    await turnEnd();

    assert.deepEqual(early, [4_100]);
    assert.deepEqual(
      written.map((chunk) => String(chunk).length),
      [4_100, 900],
    );
  });

  test('is not copied where it is large, and keeps its place', async (t) => {
    const { socket, received } = await openLine(t);
    const written = writesOf(socket);
    writeTogether(socket);
    const large = Buffer.alloc(100_000, 'l');

    socket.write('before');
    socket.write(large);
    socket.write('after');
    socket.end();

    assert.equal(await received(), `before${large}after`);
    assert.equal(written[1], large);
  });

  test('arrives in its order, also where the line is hung up in the same turn', async (t) => {
    const { socket, received } = await openLine(t);
    writeTogether(socket);

    socket.write('a');
    socket.write('b');
    await turnEnd();
    socket.write(Buffer.from('c'));
    socket.write('e7', 'hex');
    socket.end('d');

    assert.equal(await received(), Buffer.from('abc\xe7d', 'latin1').toString());
  });

  test('tells each who wrote when it has left, or that it never will', async (t) => {
    const { socket } = await openLine(t);
    writeTogether(socket);
    const written = (text: string): Promise<unknown> =>
      new Promise((resolve) => socket.write(text, (error) => resolve(error ?? 'left')));

    const both = await Promise.all([written('a'), written('b')]);
    socket.destroy();
    const tooLate = await Promise.all([written('c'), written('d')]);

    assert.deepEqual(both, ['left', 'left']);
    assert.ok(tooLate.every((error) => error instanceof Error));
  });

  test('tells when there is too much of it, and when there is room again', async (t) => {
    const { socket } = await openLine(t);
    writeTogether(socket);

    const hadRoom = socket.write(Buffer.alloc(10_000_000)); // more than the system takes at once
    const hasRoom = socket.write('a');
    await once(socket, 'drain');

    assert.deepEqual([hadRoom, hasRoom, socket.write('b')], [false, false, true]);
  });
});
