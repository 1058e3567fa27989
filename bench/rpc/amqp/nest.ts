import { nest } from '../../events/nest.js';
import { peer } from '../../harness/peers.js';
import type { Quote } from '../quote.js';
import type { PeerVariant, RemoteEcho } from '../remote-echo.js';

interface Microservices {
  readonly Transport: { readonly RMQ: number };
  readonly ClientProxyFactory: {
    create(options: object): {
      connect(): Promise<unknown>;
      send(pattern: string, data: unknown): unknown;
      close(): unknown;
    };
  };
  Ctx(): ParameterDecorator;
  MessagePattern(pattern: string): MethodDecorator;
  Payload(): ParameterDecorator;
}

interface RmqContext {
  getChannelRef(): { ack(message: unknown): void };
  getMessage(): unknown;
}

interface Rxjs {
  firstValueFrom(observable: unknown): Promise<unknown>;
}

const pattern = 'echo';

function optionsFor(broker: string, { name, socket }: PeerVariant): object {
  return {
    urls: [broker],
    queue: `nestjs-rpc-${name}`,
    prefetchCount: 64,
    queueOptions: { durable: true },
    socketOptions: { connectionOptions: socket },
  };
}

/** `@nestjs/microservices` on RabbitMQ, told not to settle before the handler has run: it acknowledges by itself. */
export const nestRpc = (variant: PeerVariant): RemoteEcho => ({
  start: async (broker) => {
    const { Ctx, MessagePattern, Payload, Transport } = await peer<Microservices>('@nestjs/microservices');
    const { Controller, Module, NestFactory } = await nest();

    @Controller()
    class Echo {
      @MessagePattern(pattern)
      async echo(@Payload() quote: Quote, @Ctx() context: RmqContext): Promise<Quote> {
        context.getChannelRef().ack(context.getMessage());
        return quote;
      }
    }

    @Module({ controllers: [Echo] })
    class EchoModule {}

    const app = await NestFactory.createMicroservice(EchoModule, {
      transport: Transport.RMQ,
      logger: ['error'],
      options: { ...optionsFor(broker, variant), noAck: false },
    });
    await app.listen();
    return 0;
  },
  connect: async (_port, broker) => {
    const { ClientProxyFactory, Transport } = await peer<Microservices>('@nestjs/microservices');
    const { firstValueFrom } = await peer<Rxjs>('rxjs');
    const client = ClientProxyFactory.create({
      transport: Transport.RMQ,
      options: optionsFor(broker, variant),
    });
    await client.connect();
    return { call: (quote) => firstValueFrom(client.send(pattern, quote)), close: () => client.close() };
  },
});
