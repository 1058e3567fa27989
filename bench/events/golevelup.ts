import { peer } from '../harness/peers.js';
import { payload } from '../payload.js';
import type { Consumption } from './consuming.js';
import { nest } from './nest.js';

interface Golevelup {
  readonly RabbitMQModule: { forRoot(config: object): unknown };
  RabbitSubscribe(config: object): MethodDecorator;
}

const queue = 'golevelup';

/** `@golevelup/nestjs-rabbitmq`: subscribes, and acknowledges when the handler has succeeded. */
export async function golevelup(url: string): Promise<Consumption> {
  const { RabbitMQModule, RabbitSubscribe } = await peer<Golevelup>('@golevelup/nestjs-rabbitmq');
  const { Injectable, Module, NestFactory } = await nest();
  let handled = 0;

  return {
    queue,
    body: Buffer.from(JSON.stringify(payload)),
    start: async (prefetch) => {
      handled = 0;

      @Injectable()
      class Orders {
        @RabbitSubscribe({ exchange: 'golevelup', routingKey: 'order_placed', queue })
        async handle(_payload: unknown): Promise<void> {
          handled += 1;
        }
      }

      const rabbit = RabbitMQModule.forRoot({
        uri: url,
        exchanges: [{ name: 'golevelup', type: 'topic' }],
        prefetchCount: prefetch,
        connectionInitOptions: { wait: true },
        connectionManagerOptions: { connectionOptions: { noDelay: true } },
      });

      @Module({ imports: [rabbit], providers: [Orders] })
      class OrdersModule {}

      const app = await NestFactory.createApplicationContext(OrdersModule, { logger: ['error'] });
      return { handled: () => handled, stop: () => app.close() };
    },
  };
}
