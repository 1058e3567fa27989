// What the compiler makes of a service class that is called from elsewhere. Checked by the build; never run.
import {
  BackOffData,
  CallContext,
  Inject,
  type Injected,
  Logger,
  Producer,
  type RpcMethod,
  type RpcService,
  Service,
  WebSocketRpc,
  WebSocketRpcClient,
} from 'micro-framework';

interface Quote {
  readonly symbol: string;
  readonly at: Date;
  readonly note?: string;
}

class PriceTable {
  lookUp(_symbol: string): number {
    return 1;
  }
}

@Service()
class Quotes {
  readonly #secret = 1;
  protected readonly open = true;
  readonly label = 'a property';

  @WebSocketRpc()
  price(symbol: string, currency = 'USD'): number {
    return symbol.length + currency.length + this.#secret;
  }

  @WebSocketRpc()
  async latest(symbol: string): Promise<Quote> {
    return { symbol, at: new Date() };
  }

  @WebSocketRpc()
  withInjected(
    _quote: Quote,
    @Inject(CallContext) _call: CallContext,
    @Inject(Logger) _log: Logger,
    @Inject(BackOffData) _retry: BackOffData,
    @Inject(Producer) _producer: Producer,
    @Inject(PriceTable) _prices: PriceTable,
  ): void {}

  @WebSocketRpc()
  withMarked(_symbol: string, @Inject('region') _region: Injected<string>): number[] {
    return [];
  }

  @WebSocketRpc()
  defaultBeforeInjected(_symbol: string, _currency: string | undefined, @Inject(Logger) _log: Logger): void {}

  @WebSocketRpc()
  callsAnother(_symbol: string, @Inject(WebSocketRpcClient.at('localhost')) _rpc: RpcService<Quotes>): void {}

  @WebSocketRpc()
  many(..._symbols: string[]): void {}

  @WebSocketRpc()
  anything(_value: unknown): unknown {
    return undefined;
  }

  private hidden(): void {}

  protected alsoHidden(): void {
    this.hidden();
  }
}

/** Makes it clear that nothing here is run. */
export async function calls(rpc: RpcService<Quotes>): Promise<void> {
  const price: number = await rpc.price('A');
  await rpc.price('A', 'EUR');
  await rpc.price.call(['A'], { timeout: price, signal: AbortSignal.timeout(1), idempotent: true });
  await rpc.price.notify('A', 'EUR');
  const quote = await rpc.latest('A');
  const at: string = quote.at;
  const note: string | undefined = quote.note;
  await rpc.withInjected({ symbol: at, at: new Date(), ...(note !== undefined && { note }) });
  const numbers: number[] = await rpc.withMarked('A');
  await rpc.defaultBeforeInjected('A');
  await rpc.defaultBeforeInjected('A', 'EUR');
  await rpc.callsAnother('A');
  await rpc.many('A', 'B', String(numbers));
  await rpc.anything(1);
  const names: string[] = rpc.price.info.parameters.map(({ name }) => name);
  const targets = await rpc.targets();
  targets.find(({ target }) => names.includes(target));
  const method: RpcMethod<[symbol: string, currency?: string], number> = rpc.price;
  await method('A');

  // @ts-expect-error A symbol is text.
  await rpc.price(1);
  // @ts-expect-error A price has a symbol.
  await rpc.price();
  // @ts-expect-error What is injected is not the caller's to give.
  await rpc.callsAnother('A', rpc);
  // @ts-expect-error A date is text when it arrives.
  quote.at.getTime();
  // @ts-expect-error Only methods can be called.
  rpc.label.toString();
  // @ts-expect-error Private members are not offered.
  await rpc.hidden();
  // @ts-expect-error Protected members are not offered.
  await rpc.alsoHidden();
  // @ts-expect-error The arguments are a list.
  await rpc.price.call('A');
  // @ts-expect-error No option is called so.
  await rpc.price.call(['A'], { retries: 3 });
  // @ts-expect-error Options of the decorator are its own.
  WebSocketRpc({ parameters: [] });
}
