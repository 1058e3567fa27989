import { BackOffData, EventListener, Inject, Module, Producer, Service, Timer } from 'micro-framework';

interface Order {
  readonly id: number;
  readonly items: number;
}

interface PricedOrder extends Order {
  readonly cents: number;
}

/** Orders the demo makes; the special ones are named by what happens to them. */
export const orders = { count: 12, killsItsWorker: 4, failsTwice: 6, malformed: 9 } as const;

@Service()
class Till {
  #next = 1;

  constructor(@Inject(Producer) private readonly producer: Producer) {}

  @Timer(200)
  async order(): Promise<void> {
    const id = this.#next++;
    if (id > orders.count) return;
    const order = { id, items: 1 + (id % 3) };
    console.log(`order ${id}: ordered${id === orders.malformed ? ', by a broken till' : ''}`);
    const text = JSON.stringify(order);
    // Bytes are sent as they are: this is how a till that loses half of the message looks to the others.
    const body = Buffer.from(id === orders.malformed ? text.slice(0, 8) : text);
    await this.producer.publish('order.created', body, { contentType: 'application/json' });
  }
}

@Service()
class Pricing {
  constructor(@Inject(Producer) private readonly producer: Producer) {}

  @EventListener<Order>('shop', 'order.created', { backOff: { maxRetries: 3, interval: 500 } })
  async price(order: Order, @Inject(BackOffData) retry: BackOffData): Promise<void> {
    const attempt = `attempt ${retry.retryCount + 1} in process ${process.pid}`;
    if (order.id === orders.killsItsWorker && retry.retryCount === 0) {
      console.log(`order ${order.id}: kills its worker, ${attempt}`);
      process.kill(process.pid, 'SIGKILL');
    }
    if (order.id === orders.failsTwice && retry.retryCount < 2) {
      console.log(`order ${order.id}: fails, ${attempt}`);
      throw new Error('the tax office does not answer');
    }
    const cents = computePrice(order.items);
    console.log(`order ${order.id}: priced at ${(cents / 100).toFixed(2)}, ${attempt}`);
    await this.producer.publish('order.priced', { ...order, cents });
  }
}

@Service()
class Shipping {
  @EventListener<PricedOrder>('shop', 'order.priced')
  ship({ id }: PricedOrder): void {
    console.log(`order ${id}: shipped`);
  }
}

/** Burns CPU for a moment, as real pricing does. */
function computePrice(items: number): number {
  let cents = 0;
  for (let i = 0; i < 20_000_000; i++) cents = (cents * 31 + items) % 10_007;
  return cents;
}

/** One worker, because the till counts its orders. */
@Module({ services: [Till], workers: { max: 1 } })
class TillModule {}

@Module({ imports: [TillModule], services: [Pricing, Shipping] })
export class ShopModule {}
