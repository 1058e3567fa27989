import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { peer } from '../../harness/peers.js';
import type { RemoteEcho } from '../remote-echo.js';

interface Transports {
  readonly transports: readonly string[];
}

interface SocketIoServer {
  readonly Server: new (server: unknown, options: Transports) => NodeJS.EventEmitter;
}

interface SocketIoClient {
  io(
    url: string,
    options: Transports,
  ): NodeJS.EventEmitter & {
    emitWithAck(event: string, value: unknown): Promise<unknown>;
    close(): void;
  };
}

const webSocketOnly: Transports = { transports: ['websocket'] };

/** socket.io with acknowledgements. */
export const socketIo: RemoteEcho = {
  start: async () => {
    const { Server } = await peer<SocketIoServer>('socket.io');
    const http = createServer();
    new Server(http, webSocketOnly).on('connection', (socket: NodeJS.EventEmitter) => {
      socket.on('echo', (quote: unknown, acknowledge: (value: unknown) => void) => acknowledge(quote));
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return (http.address() as AddressInfo).port;
  },
  connect: async (port) => {
    const { io } = await peer<SocketIoClient>('socket.io-client');
    const socket = io(`http://127.0.0.1:${port}`, webSocketOnly);
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    return { call: (quote) => socket.emitWithAck('echo', quote), close: () => socket.close() };
  },
};
