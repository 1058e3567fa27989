import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { clientOf } from './support/client.js';
import { startLoaded } from './support/load-process.js';

// `npm run test:load` asks for five thousand.
const connections = Number(process.env.LOAD_CONNECTIONS ?? 500);
const megabyte = 1024 * 1024;

/** A client below the protocol: it answers no pings, and reads when it is told to. */
async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
}

/** A masked text frame; the mask of zeros leaves the text as it is. */
function frame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0]), Buffer.from(text)]);
}

const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** Answers pings, and drops the rest. */
function answerPings(socket: Socket): void {
  socket.on('data', (data) => {
    if (data[0] === 0x89) socket.write(pong);
  });
}

/** Reads nothing more, and says that it is alive all the same: no ping tells of it. */
function stopReading(t: TestContext, socket: Socket): void {
  socket.removeAllListeners('data').pause();
  const timer = setInterval(() => socket.write(pong), 500);
  t.after(() => clearInterval(timer));
}

test(`${connections} idle connections, slow readers and half-open ones: those go, these stay, memory is bounded`, async (t) => {
  const server = await startLoaded(t, {
    maxBuffered: 256 * 1024,
    pingInterval: 2_000,
    maxConnectionsPerAddress: connections + 10,
  });
  const few = Math.max(2, Math.floor(connections / 100));
  const before = await server.memory();
  const all: Socket[] = [];
  t.after(() => {
    for (const socket of all) socket.destroy();
  });

  while (all.length < connections) {
    const some = Math.min(100, connections - all.length);
    all.push(...(await Promise.all(Array.from({ length: some }, () => open(server.port)))));
    for (const socket of all.slice(-some)) answerPings(socket);
  }
  const [slow, halfOpen, idle] = [all.slice(0, few), all.slice(few, 2 * few), all.slice(2 * few)];
  for (const socket of halfOpen) socket.removeAllListeners('data').resume();
  for (const socket of slow) {
    stopReading(t, socket);
    const ask = frame('{"jsonrpc":"2.0","id":1,"method":"Work.large","params":[1000000]}');
    for (let count = 0; count < 20; count++) socket.write(ask);
  }

  // The half-open ones are closed by the server; the slow ones cannot even hear it, so the server is asked.
  await eventually(() => assert.ok(halfOpen.every((socket) => socket.destroyed)), 60_000);
  let peak = 0;
  await eventually(async () => {
    peak = Math.max(peak, (await server.memory()) - before);
    assert.equal(await server.connections(), idle.length);
  }, 60_000);
  assert.ok(idle.every((socket) => !socket.destroyed));
  const client = clientOf(t, server.url);
  assert.equal(await client.call('Work.echo', ['still here']), 'still here');
  const grown = (await server.memory()) - before;
  // A connection costs some tens of kilobytes; what slow readers leave is gone with them.
  t.diagnostic(`${Math.round(grown / 1024 / connections)} KiB a connection`);
  const bound = 10 * megabyte + connections * 64 * 1024;
  assert.ok(grown < bound, `${Math.round(grown / megabyte)} MiB`);
  // Of the 20 MB that each of them asked for.
  assert.ok(peak < bound + few * 4 * megabyte, `${Math.round(peak / megabyte)} MiB at the most`);
});
