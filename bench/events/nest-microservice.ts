import { peer } from '../harness/peers.js';
import { payload } from '../payload.js';
import type { Consumption } from './consuming.js';
import { nest } from './nest.js';

interface Microservices {
  readonly Transport: { readonly RMQ: number };
  Ctx(): ParameterDecorator;
  EventPattern(pattern: string): MethodDecorator;
  Payload(): ParameterDecorator;
}

interface RmqContext {
  getChannelRef(): { ack(message: unknown): void };
  getMessage(): unknown;
}

const queue = 'nestjs';
const pattern = 'order_placed';

/** `@nestjs/microservices` on RabbitMQ, told not to settle before the handler has run: it acknowledges by itself. */
export async function nestMicroservice(url: string): Promise<Consumption> {
  const { Ctx, EventPattern, Payload, Transport } = await peer<Microservices>('@nestjs/microservices');
  const { Controller, Module, NestFactory } = await nest();
  let handled = 0;

  @Controller()
  class Orders {
    @EventPattern(pattern)
    async handle(@Payload() _payload: unknown, @Ctx() context: RmqContext): Promise<void> {
      handled += 1;
      context.getChannelRef().ack(context.getMessage());
    }
  }

  @Module({ controllers: [Orders] })
  class OrdersModule {}

  return {
    queue,
    body: Buffer.from(JSON.stringify({ pattern, data: payload })),
    start: async (prefetch) => {
      handled = 0;
      const app = await NestFactory.createMicroservice(OrdersModule, {
        transport: Transport.RMQ,
        logger: ['error'],
        options: {
          urls: [url],
          queue,
          noAck: false,
          prefetchCount: prefetch,
          queueOptions: { durable: true },
          socketOptions: { connectionOptions: { noDelay: true } },
        },
      });
      await app.listen();
      return { handled: () => handled, stop: () => app.close() };
    },
  };
}
