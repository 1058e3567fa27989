import { peer } from '../harness/peers.js';
import { payload } from '../payload.js';
import type { Consumption } from './consuming.js';

interface Moleculer {
  readonly default: {
    readonly ServiceBroker: new (
      options: object,
    ) => {
      createService(schema: object): unknown;
      start(): Promise<void>;
      stop(): Promise<void>;
    };
  };
}

/**
 * Moleculer with its AMQP transporter. The instances of a service share a queue, and a message is acknowledged after
 * its handler, where the balancing is left to RabbitMQ (`disableBalancer`).
 */
export async function moleculer(url: string): Promise<Consumption> {
  const {
    default: { ServiceBroker },
  } = await peer<Moleculer>('moleculer');
  return {
    queue: 'MOL.EVENTB.orders.order_placed',
    body: Buffer.from(
      JSON.stringify({
        ver: '4',
        sender: 'shop',
        id: 'a3b0c442-98fc-4c14-9afb-f4c8996fb924',
        event: 'order_placed',
        data: payload,
        groups: ['orders'],
        broadcast: false,
        meta: {},
        level: 1,
        needAck: false,
      }),
    ),
    start: async (prefetch) => {
      let handled = 0;
      const broker = new ServiceBroker({
        nodeID: 'orders',
        logger: false,
        disableBalancer: true,
        transporter: {
          type: 'AMQP',
          options: { url, prefetch, autoDeleteQueues: false, socketOptions: { noDelay: true } },
        },
      });
      broker.createService({
        name: 'orders',
        events: {
          order_placed: async () => {
            handled += 1;
          },
        },
      });
      await broker.start();
      return { handled: () => handled, stop: () => broker.stop() };
    },
  };
}
