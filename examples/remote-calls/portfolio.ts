import { AmqpRpcClient, Inject, Module, type RpcService, Service, Timer } from 'micro-framework';
import { type Quotes, UnknownSymbolError } from './quotes.js';

@Service()
class Portfolio {
  constructor(@Inject(AmqpRpcClient.of('quotes')) private readonly quotes: RpcService<Quotes>) {}

  @Timer(2_000, { eager: true })
  async value(): Promise<void> {
    const [acme, initech] = await Promise.all([this.quotes.price('ACME'), this.quotes.price('INITECH')]);
    console.log(`10 ACME and 20 INITECH are worth ${(10 * acme + 20 * initech) / 100}`);
    try {
      await this.quotes.price.call(['HOOLI'], { timeout: 1_000 });
    } catch (error) {
      if (!(error instanceof UnknownSymbolError)) throw error;
      console.log(`nobody sells ${error.symbol}`);
    }
  }
}

/** Asks for prices every two seconds. */
@Module({ services: [Portfolio] })
export class PortfolioModule {}
