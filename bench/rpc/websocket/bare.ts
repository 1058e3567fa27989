import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { RemoteEcho } from '../remote-echo.js';

/** The least that a remote call over WebSocket can be: JSON with an id, there and back, and a map of what waits. */
export const bareWs: RemoteEcho = {
  start: async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        const { id, params } = JSON.parse(String(data)) as { id: number; params: unknown[] };
        socket.send(JSON.stringify({ id, result: params[0] }));
      });
    });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
  connect: async (port) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    const open = new Map<number, (value: unknown) => void>();
    let last = 0;
    socket.on('message', (data) => {
      const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown };
      open.get(id)?.(result);
      open.delete(id);
    });
    await once(socket, 'open');
    return {
      call: (quote) =>
        new Promise((resolve) => {
          const id = ++last;
          open.set(id, resolve);
          socket.send(JSON.stringify({ id, method: 'echo', params: [quote] }));
        }),
      close: () => socket.close(),
    };
  },
};
