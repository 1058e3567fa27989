import { AmqpRpc, connectRpc } from '@micro-framework/amqp';
import { bootstrap, Module, Service, type WorkerMode } from '@micro-framework/core';
import type { Quote } from '../quote.js';
import type { RemoteEcho } from '../remote-echo.js';

@Service()
class EchoService {
  @AmqpRpc()
  echo(quote: Quote): Quote {
    return quote;
  }
}

@Module({ services: [EchoService] })
class EchoModule {}

/** Our service, with handlers on the main loop or in one thread, and our client. */
export function ours(workerMode: WorkerMode): RemoteEcho {
  const serviceName = `echo-${workerMode}`;
  return {
    start: async (amqpUri) => {
      const settings = { serviceName, amqpUri, workerMode, maxWorkers: 1, tasksPerWorker: 64 };
      await bootstrap(EchoModule, { ...settings, logLevel: 'error', signals: false });
      return 0;
    },
    connect: async (_port, amqpUri) => {
      const settings = { serviceName: 'bench', amqpUri, logLevel: 'error' } as const;
      const { service, close } = await connectRpc<EchoService>(serviceName, settings);
      return { call: (quote) => service.echo(quote), close };
    },
  };
}
