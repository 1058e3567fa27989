import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { peer } from '../../harness/peers.js';
import type { RemoteEcho } from '../remote-echo.js';

type Decorate = (...args: unknown[]) => (...target: never[]) => void;

interface NestApplication {
  useWebSocketAdapter(adapter: unknown): void;
  listen(port: number, host: string): Promise<unknown>;
  getHttpServer(): { address(): AddressInfo };
}

interface Nest {
  readonly NestFactory: { create(module: unknown, options: object): Promise<NestApplication> };
  readonly Module: Decorate;
  readonly WebSocketGateway: Decorate;
  readonly SubscribeMessage: Decorate;
  readonly WsAdapter: new (application: NestApplication) => unknown;
}

/** What a call needs and the gateway has not: an id. */
interface Numbered {
  readonly id: number;
  readonly value: unknown;
}

/** `@nestjs/platform-ws`; its clients are written by hand, with ids in the data. */
export const nestWs: RemoteEcho = {
  start: async () => {
    const { NestFactory } = await peer<Nest>('@nestjs/core');
    const { Module } = await peer<Nest>('@nestjs/common');
    const { WebSocketGateway, SubscribeMessage } = await peer<Nest>('@nestjs/websockets');
    const { WsAdapter } = await peer<Nest>('@nestjs/platform-ws');
    class Gateway {
      echo(_client: unknown, data: Numbered): object {
        return { event: 'answer', data };
      }
    }
    class Application {}
    const descriptor = Object.getOwnPropertyDescriptor(Gateway.prototype, 'echo');
    Reflect.apply(SubscribeMessage('echo'), undefined, [Gateway.prototype, 'echo', descriptor]);
    Reflect.apply(WebSocketGateway(), undefined, [Gateway]);
    Reflect.apply(Module({ providers: [Gateway] }), undefined, [Application]);
    const application = await NestFactory.create(Application, { logger: false });
    application.useWebSocketAdapter(new WsAdapter(application));
    await application.listen(0, '127.0.0.1');
    return application.getHttpServer().address().port;
  },
  connect: async (port) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    const open = new Map<number, (value: unknown) => void>();
    let last = 0;
    socket.on('message', (data) => {
      const { id, value } = (JSON.parse(String(data)) as { data: Numbered }).data;
      open.get(id)?.(value);
      open.delete(id);
    });
    await once(socket, 'open');
    return {
      call: (value) =>
        new Promise((resolve) => {
          const id = ++last;
          open.set(id, resolve);
          socket.send(JSON.stringify({ event: 'echo', data: { id, value } satisfies Numbered }));
        }),
      close: () => socket.close(),
    };
  },
};
