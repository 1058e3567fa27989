// What the compiler makes of services that are called over RabbitMQ. Checked by the build; never run.
import {
  AmqpRpc,
  AmqpRpcClient,
  AmqpRpcSystem,
  Inject,
  type RpcSystem,
  type Runner,
  Service,
} from 'micro-framework';

@Service()
class Quotes {
  @AmqpRpc({ params: ['symbol', 'days?'] })
  history(symbol: string, days = 7): number[] {
    return [symbol.length, days];
  }
}

@Service()
export class Portfolio {
  @Inject(AmqpRpcSystem) private readonly system!: RpcSystem<{ quotes: Quotes }>;
  @Inject(AmqpRpcSystem.with({ dialect: 'seed' })) private readonly python!: RpcSystem;

  async value(runner: Runner): Promise<void> {
    const prices: number[] = await this.system.quotes.history('A', 1);
    const quotes = runner.get(AmqpRpcClient.of<Quotes>('quotes', { timeout: prices.length }));
    await quotes.history.call(['A'], { idempotent: true });
    const anything: unknown = await this.python.any_service?.any_target?.(1, 'two');
    console.log(anything);

    // @ts-expect-error A symbol is text.
    await quotes.history(1);
    // @ts-expect-error No service is called so.
    await this.system.billing.charge();
    // @ts-expect-error There is no such dialect.
    AmqpRpcClient.of('quotes', { dialect: 'klingon' });
    // @ts-expect-error Options of the decorator are its own.
    AmqpRpc({ parameters: [] });
  }
}
