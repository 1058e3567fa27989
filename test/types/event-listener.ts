// What the compiler accepts and refuses of `@EventListener` and `@QueueListener`. Checked by the build; never run.
import { BackOffData, EventListener, Inject, type Producer, QueueListener } from 'micro-framework';

interface Order {
  readonly id: number;
}

interface Invoice {
  readonly total: number;
}

export class Accepted {
  @EventListener<Order>('shop', 'order')
  takesThePayload(_order: Order): void {}

  @EventListener<Order>('shop', 'order', { filter: (order) => order.id > 0 })
  async getsInjected(_order: Order, @Inject(BackOffData) _retry: BackOffData): Promise<void> {}

  @EventListener('shop', 'order', { filter: (payload) => payload.id === 1 })
  saysItsTypeItself(_order: Order): void {}

  @EventListener('shop', 'order', { filter: (order: Order) => order.id > 0 })
  isCheckedAgainstItsFilter(_order: Order): void {}

  @EventListener('shop', 'order')
  wantsNothing(): void {}

  @EventListener<Order>('shop', 'order', { batch: { size: 10 }, filter: (order) => order.id > 0 })
  takesMany(_orders: Order[]): void {}

  @EventListener('shop', 'order', { batch: { size: 10, maxWait: 100 } })
  saysTheTypeOfManyItself(_orders: readonly Order[]): void {}

  @EventListener('shop', 'order', { batch: { size: 10 }, filter: (order: Order) => order.id > 0 })
  async takesManyAndMore(_orders: Order[], @Inject(BackOffData) _retry: BackOffData): Promise<void> {}

  @EventListener<Order>('shop', 'order', {
    handler: 'singleton',
    queue: 'mine',
    queueType: 'quorum',
    prefetch: 10,
    priority: 1,
    singleActive: true,
    queueOptions: { durable: true, autoDelete: false, arguments: { 'x-max-length': 10 } },
    exchange: { name: 'shop', type: 'x-random', durable: true, autoDelete: false, declare: false },
    bindingArguments: { tenant: 'a' },
  })
  setsAll(_order: Order): void {}

  @QueueListener<Invoice>('invoices', { filter: ({ total }) => total > 0 })
  takesFromAQueue(_invoice: Invoice): void {}

  @QueueListener<Invoice>('invoices', { exchange: { name: 'all' }, routingKey: '#', batch: { size: 5 } })
  takesManyFromAQueue(_invoices: Invoice[]): void {}
}

export class Refused {
  // @ts-expect-error The event carries an Order.
  @EventListener<Order>('shop', 'order')
  wantsAnother(_invoice: Invoice): void {}

  // @ts-expect-error An Order has no total.
  @EventListener<Order>('shop', 'order', { filter: (order) => order.total > 0 })
  filtersAnother(_order: Order): void {}

  // @ts-expect-error The filter takes an Order, the handler does not.
  @EventListener('shop', 'order', { filter: (order: Order) => order.id > 0 })
  filtersOneTakesAnother(_invoice: Invoice): void {}

  // @ts-expect-error A filter is synchronous.
  @EventListener('shop', 'order', { filter: async () => true })
  filtersLater(): void {}

  // @ts-expect-error A batch is an array.
  @EventListener<Order>('shop', 'order', { batch: { size: 10 } })
  takesOneOfMany(_order: Order): void {}

  // @ts-expect-error A batch is an array, whatever it is of.
  @EventListener('shop', 'order', { batch: { size: 10 } })
  takesTextOfMany(_order: string): void {}

  // @ts-expect-error Without a batch there is no array.
  @EventListener<Order>('shop', 'order')
  takesManyOfOne(_orders: Order[]): void {}

  // @ts-expect-error It is an array of orders.
  @EventListener<Order>('shop', 'order', { batch: { size: 10 } })
  takesManyOthers(_invoices: Invoice[]): void {}

  // @ts-expect-error A batch has a size.
  @EventListener<Order>('shop', 'order', { batch: { maxWait: 10 } })
  takesAnyNumber(_orders: Order[]): void {}

  // @ts-expect-error There are three kinds.
  @EventListener('shop', 'order', { handler: 'all' })
  reachesAll(): void {}

  // @ts-expect-error No such type of queue.
  @EventListener('shop', 'order', { queueType: 'stream' })
  streams(): void {}

  // @ts-expect-error The exchange of a queue has a name.
  @QueueListener('invoices', { exchange: { type: 'fanout' } })
  bindsToNothing(): void {}

  // @ts-expect-error A queue reaches one of those who consume it.
  @QueueListener('invoices', { handler: 'broadcast' })
  broadcasts(): void {}

  // @ts-expect-error An event has a name.
  @EventListener('shop')
  wantsNoName(_order: Order): void {}

  // @ts-expect-error No option is called so.
  @EventListener('shop', 'order', { retry: 3 })
  unknownOption(_order: Order): void {}
}

/** Makes it clear that nothing here is run. */
export async function publishes(producer: Producer): Promise<void> {
  await producer.publish('order', { id: 1 }, { immediate: true });
  await producer.publish(
    'order',
    { id: 1 },
    { exchange: 'other', headers: { tenant: 'a' }, mandatory: true },
  );
  // @ts-expect-error No option is called so.
  await producer.publish('order', {}, { now: true });
}
