import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';

/** A server that does what the test says. */
export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** The texts that came, in order. */
  readonly heard: string[];
  /** Connections that were opened so far. */
  readonly connections: WebSocket[];
}

/** Starts a server that hands each message to `answer`. */
export async function scriptedServer(
  t: Pick<TestContext, 'after'>,
  answer: (text: string, socket: WebSocket, count: number) => void,
): Promise<ScriptedServer> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: ([first = '']) => first,
  });
  await once(server, 'listening');
  const heard: string[] = [];
  const connections: WebSocket[] = [];
  server.on('connection', (socket) => {
    connections.push(socket);
    socket.on('message', (data) => {
      heard.push(String(data));
      answer(String(data), socket, heard.length);
    });
  });
  t.after(() => {
    for (const socket of connections) socket.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, port, heard, connections };
}
