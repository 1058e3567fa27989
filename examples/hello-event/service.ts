import { EventListener, Inject, Module, Producer, Service, Timer } from 'micro-framework';

interface Greeting {
  readonly name: string;
}

@Service()
class Hello {
  constructor(@Inject(Producer) private readonly producer: Producer) {}

  @Timer(1_000, { eager: true })
  async greet(): Promise<void> {
    await this.producer.publish('greeting', { name: 'world' });
  }

  @EventListener<Greeting>('hello', 'greeting')
  hear({ name }: Greeting): void {
    console.log(`hello, ${name}`);
  }
}

/** Publishes a greeting each second, and hears it. */
@Module({ services: [Hello] })
export class HelloModule {}
