import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { peer } from '../../harness/peers.js';
import type { RemoteEcho } from '../remote-echo.js';

interface RpcWebSockets {
  readonly Server: new (options: {
    readonly host: string;
    readonly port: number;
  }) => NodeJS.EventEmitter & {
    readonly wss: { address(): AddressInfo };
    register(name: string, run: (params: unknown[]) => unknown): unknown;
  };
  readonly Client: new (
    url: string,
  ) => NodeJS.EventEmitter & {
    call(method: string, params: unknown[]): Promise<unknown>;
    close(): void;
  };
}

/** JSON-RPC 2.0 on ws. */
export const rpcWebSockets: RemoteEcho = {
  start: async () => {
    const { Server } = await peer<RpcWebSockets>('rpc-websockets');
    const server = new Server({ host: '127.0.0.1', port: 0 });
    server.register('echo', ([quote]) => quote);
    await once(server, 'listening');
    return server.wss.address().port;
  },
  connect: async (port) => {
    const { Client } = await peer<RpcWebSockets>('rpc-websockets');
    const client = new Client(`ws://127.0.0.1:${port}`);
    await once(client, 'open');
    return { call: (quote) => client.call('echo', [quote]), close: () => client.close() };
  },
};
