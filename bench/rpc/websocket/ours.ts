import { bootstrap, Module, Service, type WorkerMode } from '@micro-framework/core';
import { WebSocketRpc } from '@micro-framework/websocket';
import { RpcClient } from '@micro-framework/websocket/client';
import type { Quote } from '../quote.js';
import type { RemoteEcho } from '../remote-echo.js';

@Service()
class EchoService {
  @WebSocketRpc()
  echo(quote: Quote): Quote {
    return quote;
  }
}

@Module({ services: [EchoService] })
class EchoModule {}

/** Our server, with handlers on the main loop or in one thread, and our client. */
export function ours(workerMode: WorkerMode): RemoteEcho {
  return {
    start: () =>
      new Promise((resolve, reject) => {
        bootstrap(EchoModule, {
          serviceName: 'bench',
          workerMode,
          maxWorkers: 1,
          tasksPerWorker: 64,
          logLevel: 'silent',
          signals: false,
          webSocketPort: 0,
          webSocket: { onListening: ({ port }) => resolve(port) },
        }).catch(reject);
      }),
    connect: (port) => {
      const client = new RpcClient(`ws://127.0.0.1:${port}`);
      const service = client.service<EchoService>();
      return { call: (quote) => service.echo(quote), close: () => client.close() };
    },
  };
}
