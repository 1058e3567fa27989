import { peer } from '../../harness/peers.js';
import { quote } from '../quote.js';
import type { PeerVariant, RemoteEcho } from '../remote-echo.js';

interface ServiceBroker {
  createService(schema: object): unknown;
  start(): Promise<void>;
  stop(): Promise<void>;
  waitForServices(name: string): Promise<unknown>;
  call(action: string, params: unknown, options?: object): Promise<unknown>;
}

interface Moleculer {
  readonly default: { readonly ServiceBroker: new (options: object) => ServiceBroker };
}

/** Moleculer with its AMQP transporter, balanced by RabbitMQ, so that requests are acknowledged. */
export const moleculer = (variant: PeerVariant): RemoteEcho => ({
  start: async (url) => {
    const broker = await brokerOf(url, variant, 'server');
    broker.createService({
      name: 'quotes',
      actions: { echo: (context: { params: unknown }) => context.params },
    });
    await broker.start();
    return 0;
  },
  connect: async (_port, url) => {
    const broker = await brokerOf(url, variant, 'client');
    await broker.start();
    await broker.waitForServices('quotes');
    await firstAnswer(broker);
    return { call: (params) => broker.call('quotes.echo', params), close: () => broker.stop() };
  },
});

/** The service is known before it takes requests, and one that comes too early is never answered. */
async function firstAnswer(broker: ServiceBroker, tries = 20): Promise<void> {
  try {
    await broker.call('quotes.echo', quote, { timeout: 500 });
  } catch (error) {
    if (tries === 1) throw error;
    await firstAnswer(broker, tries - 1);
  }
}

async function brokerOf(url: string, { name, socket }: PeerVariant, nodeID: string): Promise<ServiceBroker> {
  const {
    default: { ServiceBroker },
  } = await peer<Moleculer>('moleculer');
  return new ServiceBroker({
    namespace: name,
    nodeID,
    logger: false,
    disableBalancer: true,
    transporter: {
      type: 'AMQP',
      options: { url, prefetch: 64, autoDeleteQueues: false, socketOptions: socket },
    },
  });
}
