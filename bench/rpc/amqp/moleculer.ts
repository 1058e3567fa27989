import { peer } from '../../harness/peers.js';
import type { RemoteEcho } from '../remote-echo.js';

interface ServiceBroker {
  createService(schema: object): unknown;
  start(): Promise<void>;
  stop(): Promise<void>;
  waitForServices(name: string): Promise<unknown>;
  call(action: string, params: unknown): Promise<unknown>;
}

interface Moleculer {
  readonly default: { readonly ServiceBroker: new (options: object) => ServiceBroker };
}

/** Moleculer with its AMQP transporter, balanced by RabbitMQ, so that requests are acknowledged. */
export const moleculer: RemoteEcho = {
  start: async (url) => {
    const broker = await brokerOf(url, 'server');
    broker.createService({
      name: 'quotes',
      actions: { echo: (context: { params: unknown }) => context.params },
    });
    await broker.start();
    return 0;
  },
  connect: async (_port, url) => {
    const broker = await brokerOf(url, 'client');
    await broker.start();
    await broker.waitForServices('quotes');
    return { call: (quote) => broker.call('quotes.echo', quote), close: () => broker.stop() };
  },
};

async function brokerOf(url: string, nodeID: string): Promise<ServiceBroker> {
  const {
    default: { ServiceBroker },
  } = await peer<Moleculer>('moleculer');
  return new ServiceBroker({
    nodeID,
    logger: false,
    disableBalancer: true,
    transporter: {
      type: 'AMQP',
      options: { url, prefetch: 64, autoDeleteQueues: false, socketOptions: { noDelay: true } },
    },
  });
}
