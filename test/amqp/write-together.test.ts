import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { writeTogether } from '@micro-framework/amqp/internal';

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

const nextTick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

describe('what is written in one turn', () => {
  test('waits for the end of the turn, and then leaves', async (t) => {
    const { socket } = await openLine(t);
    writeTogether(socket);

    for (const text of ['a', 'b', 'c']) socket.write(text);
    const waiting = socket.writableLength;
    await nextTick();

    assert.equal(waiting, 3);
    assert.equal(socket.writableLength, 0);
  });

  test('arrives in its order, also where the line is hung up in the same turn', async (t) => {
    const { socket, received } = await openLine(t);
    writeTogether(socket);

    socket.write('a');
    socket.write('b');
    await nextTick();
    socket.write(Buffer.from('c'));
    socket.end('d');

    assert.equal(await received(), 'abcd');
  });

  test('tells when there is too much of it, and when there is room again', async (t) => {
    const { socket } = await openLine(t);
    writeTogether(socket);

    const hadRoom = socket.write(Buffer.alloc(socket.writableHighWaterMark));
    await once(socket, 'drain');

    assert.equal(hadRoom, false);
    assert.equal(socket.write('a'), true);
  });
});
