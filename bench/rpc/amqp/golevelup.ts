import { nest } from '../../events/nest.js';
import { peer } from '../../harness/peers.js';
import type { Quote } from '../quote.js';
import type { RemoteEcho } from '../remote-echo.js';

interface AmqpConnection {
  request(options: object): Promise<unknown>;
}

interface Golevelup {
  readonly AmqpConnection: new (...args: never[]) => AmqpConnection;
  readonly RabbitMQModule: { forRoot(config: object): unknown };
  RabbitRPC(config: object): MethodDecorator;
}

const exchange = 'golevelup-rpc';
const routingKey = 'echo';

/** `@golevelup/nestjs-rabbitmq`: `RabbitRPC`, called by `request`, which is answered by direct reply-to. */
export const golevelup: RemoteEcho = {
  start: async (broker) => {
    const { RabbitRPC } = await peer<Golevelup>('@golevelup/nestjs-rabbitmq');
    const { Injectable } = await nest();

    @Injectable()
    class Echo {
      @RabbitRPC({ exchange, routingKey, queue: 'golevelup-rpc' })
      async echo(quote: Quote): Promise<Quote> {
        return quote;
      }
    }

    await startApplication(broker, [Echo]);
    return 0;
  },
  connect: async (_port, broker) => {
    const { AmqpConnection } = await peer<Golevelup>('@golevelup/nestjs-rabbitmq');
    const app = await startApplication(broker, []);
    const connection = app.get<AmqpConnection>(AmqpConnection);
    return {
      call: (payload) => connection.request({ exchange, routingKey, payload }),
      close: () => app.close(),
    };
  },
};

interface Application {
  get<T>(token: unknown): T;
  close(): Promise<void>;
}

async function startApplication(broker: string, providers: readonly unknown[]): Promise<Application> {
  const { RabbitMQModule } = await peer<Golevelup>('@golevelup/nestjs-rabbitmq');
  const { Module, NestFactory } = await nest();
  const rabbit = RabbitMQModule.forRoot({
    uri: broker,
    exchanges: [{ name: exchange, type: 'topic' }],
    prefetchCount: 64,
    connectionInitOptions: { wait: true },
    connectionManagerOptions: { connectionOptions: { noDelay: true } },
  });

  @Module({ imports: [rabbit], providers: [...providers] })
  class EchoModule {}

  return (await NestFactory.createApplicationContext(EchoModule, {
    logger: ['error'],
  })) as unknown as Application;
}
