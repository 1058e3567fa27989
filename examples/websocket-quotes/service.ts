import { Module, RpcError, Service, WebSocketRpc } from 'micro-framework';

/** Callers that register it, too, get it back as what it is. */
@RpcError('UnknownSymbolError')
export class UnknownSymbolError extends Error {}

const bases: ReadonlyMap<string, number> = new Map([
  ['ACME', 120],
  ['DUFF', 45],
  ['WONKA', 310],
]);

@Service()
export class Quotes {
  @WebSocketRpc({ description: 'The symbols there are.' })
  symbols(): string[] {
    return [...bases.keys()];
  }

  @WebSocketRpc({ description: 'The last price of a symbol.', params: ['symbol', 'currency?'] })
  price(symbol: string, currency = 'USD'): { symbol: string; currency: string; price: number } {
    const base = bases.get(symbol);
    if (base === undefined) throw new UnknownSymbolError(`there is no ${symbol}`);
    // A market of its own: up and down by a tenth, a little different each moment.
    const price = base * (1 + Math.sin(Date.now() / 3_000 + base) / 10);
    return { symbol, currency, price: Math.round(price * 100) / 100 };
  }
}

@Module({ services: [Quotes] })
export class QuotesModule {}
