import { AmqpRpc, Module, RpcError, Service } from 'micro-framework';

/** Its class survives the way to whoever registers it, too. */
@RpcError('UnknownSymbolError')
export class UnknownSymbolError extends Error {
  constructor(readonly symbol: string) {
    super(`there is no ${symbol}`);
  }
}

const prices = new Map([
  ['ACME', 1_999],
  ['INITECH', 450],
]);

@Service()
export class Quotes {
  @AmqpRpc({ description: 'The last price of a symbol, in cents.' })
  price(symbol: string): number {
    const price = prices.get(symbol);
    if (price === undefined) throw new UnknownSymbolError(symbol);
    return price;
  }
}

/** Tells prices to whoever calls. */
@Module({ services: [Quotes] })
export class QuotesModule {}
