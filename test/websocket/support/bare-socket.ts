import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A client below the protocol, until the end of the test: it answers nothing, and reads when it is told to. */
export async function openSocket(
  t: Pick<TestContext, 'after'>,
  port: number,
  subprotocol?: string,
): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  const protocol = subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${protocol}` +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
}

/** A masked text frame of at most 125 bytes; the mask of zeros leaves the text as it is. */
export function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | Buffer.byteLength(text), 0, 0, 0, 0]), Buffer.from(text)]);
}

/** An unmasked frame of the server, up to 125 bytes. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Hands on each of the server's frames, as long as they are short. */
export function onFrames(socket: Socket, hear: (frame: ServerFrame) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let length = lengthOf(rest); length <= rest.length; length = lengthOf(rest)) {
      hear({ opcode: (rest[0] ?? 0) & 0x0f, payload: rest.subarray(2, length) });
      rest = rest.subarray(length);
    }
  });
}

function lengthOf(frame: Buffer): number {
  return 2 + (frame[1] ?? 0);
}
