import type { TestContext } from 'node:test';
import { bootstrap, type Runner, type SettingOptions } from '@micro-framework/core';
import type { ConsumeMessage } from 'amqplib';
import { json, openPeer, type Peer, type PeerMessage } from '../support/amqp-peer.js';
import { eventually } from '../support/eventually.js';
import { openVhost } from '../support/rabbitmq.js';
import { type Order, OrdersModule, type Seen } from './fixtures/orders-service.js';

/** The orders service, running, and a peer that sends it orders and hears what it makes of them. */
export interface OrdersService {
  readonly runner: Runner;
  readonly peer: Peer;
  readonly queue: string;
  readonly name: string;
  /** Sends an order to the service's queue. */
  order(order: Order, message?: Partial<PeerMessage>): Promise<void>;
  /** What was told of an order so far, in order. */
  seen(id: string): Seen[];
  /** Events of this name with this id. */
  events(name: string, id: string): ConsumeMessage[];
  /** The dead letter of a message, by the message id, which is that of its order. */
  dead(id: string): Promise<ConsumeMessage>;
  /** Resolves when the queue is empty and nothing is in hand. */
  settled(): Promise<void>;
}

/** The queue of one of its listeners. */
export function queueOf(name: string, event: string, method: string): string {
  return `shop.${event}__${name}.Orders.${method}`;
}

/** Starts the orders service, until the end of the test or suite. */
export async function startOrders(
  t: Pick<TestContext, 'after'>,
  settings: SettingOptions,
): Promise<OrdersService> {
  const { uri, unique } = await openVhost();
  const name = unique('orders');
  const peer = await openPeer(t, uri);
  const runner = await bootstrap(OrdersModule, {
    serviceName: name,
    amqpUri: uri,
    logLevel: (process.env.TEST_LOG ?? 'silent') as 'silent',
    signals: false,
    ...settings,
  });
  t.after(() => runner.stop());
  const queue = queueOf(name, 'order', 'handle');
  const heard = await collect(peer, `${name}.events`);
  const dead: ConsumeMessage[] = [];
  for (const source of [queue, queueOf(name, 'endless', 'endless')])
    await peer.channel.consume(`${source}.dead`, (message) => message && dead.push(message), { noAck: true });
  const events = (event: string, id: string): ConsumeMessage[] =>
    heard.filter((message) => message.fields.routingKey === event && (json(message) as Seen).id === id);
  return {
    runner,
    peer,
    queue,
    name,
    order: (order, message = {}) => peer.send(queue, { body: order, messageId: order.id, ...message }),
    seen: (id) => events('seen', id).map((message) => json(message) as Seen),
    events,
    dead: (id) =>
      eventually(() => {
        const letter = dead.find(({ properties }) => properties.messageId === id);
        if (!letter) throw new Error(`there is no dead letter with ${id}`);
        return letter;
      }),
    settled: () =>
      eventually(async () => {
        const waiting = await peer.count(queue);
        const counts = runner.routes[0]?.counts;
        if (waiting > 0) throw new Error(`${waiting} are waiting, ${JSON.stringify(counts)}`);
      }),
  };
}

/** What the service publishes from now on. */
export async function collect(peer: Peer, exchange: string): Promise<ConsumeMessage[]> {
  const heard: ConsumeMessage[] = [];
  const { queue } = await peer.channel.assertQueue('', { exclusive: true });
  for (const event of ['seen', 'made']) await peer.channel.bindQueue(queue, exchange, event);
  await peer.channel.consume(queue, (message) => message && heard.push(message), { noAck: true });
  return heard;
}
