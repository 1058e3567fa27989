import { randomUUID } from 'node:crypto';
import { annotate, type Config, type EntrypointDecorator, type Route } from '@micro-framework/core';
import {
  eventsExchangeName,
  instanceQueueName,
  poolQueueName,
  singletonQueueName,
} from '../topology/names.js';
import { listenerEntrypoint } from './options/listener-entrypoint.js';
import type { Batched, EventListenerOptions } from './options/listener-options.js';
import { exchangeSpec, queueSpec } from './options/listener-plan.js';
import { bindingFaults, handlerFaults, nameFault, queueNameFault } from './options/option-faults.js';

/**
 * Calls the method for each event of a service, of this one or another. The message is acknowledged when the handler
 * has succeeded; `backOff` and `onFailure` decide about failures, and what failed for good is kept in the queue
 * `<queue>.dead`. With `batch` the handler gets an array of payloads.
 *
 * @param source - name of the service that publishes the event
 * @param event - its name; `*` stands for one word between dots, `#` for any number
 *
 * @example
 * ```ts
 * @EventListener('shop', 'order_placed', { backOff: { maxRetries: 5, interval: 10_000 } })
 * async price(order: Order) {}
 *
 * @EventListener('shop', 'order_placed', { filter: (payload) => payload.express === true })
 * ship(order: Order) {}
 *
 * @EventListener<Order>('shop', 'order_placed', { batch: { size: 100, maxWait: 200 } })
 * async store(orders: Order[]) {}
 *
 * @EventListener('shop', 'prices_changed', { handler: 'broadcast' })
 * forgetPrices() {}
 * ```
 */
export function EventListener(
  source: string,
  event: string,
  options: EventListenerOptions & Batched,
): EntrypointDecorator<[payloads: never[]]>;
/** Without a batch: the handler gets one payload. */
export function EventListener(
  source: string,
  event: string,
  options?: EventListenerOptions,
): EntrypointDecorator<[payload: never]>;
/** With the payload's type, which filter and handler are checked against: `@EventListener<Order>(...)`. */
export function EventListener<Payload>(
  source: string,
  event: string,
  options: EventListenerOptions<Payload> & Batched,
): EntrypointDecorator<[payloads: Payload[]]>;
/** With the payload's type, and without a batch. */
export function EventListener<Payload>(
  source: string,
  event: string,
  options?: EventListenerOptions<Payload>,
): EntrypointDecorator<[payload: Payload]>;
export function EventListener(
  source: string,
  event: string,
  options: EventListenerOptions<never> = {},
): EntrypointDecorator<[payload: never]> {
  return annotate<EventOptions, [payload: never]>(eventEntrypoint, { ...options, source, event });
}

/** What the decorator writes down. */
export interface EventOptions extends EventListenerOptions<never>, Partial<Batched> {
  readonly source: string;
  readonly event: string;
}

const eventEntrypoint = listenerEntrypoint<EventOptions>({
  kind: 'EventListener',
  optionNames: ['source', 'event', 'handler', 'queue', 'exchange', 'bindingArguments'],

  check: (options) => [
    ...nameFault('source', options.source, 'write the name of the service that publishes the event.'),
    ...sourceLengthFault(options),
    ...nameFault('event', options.event, 'write what the event is called.'),
    ...(options.queue === undefined ? [] : queueNameFault(options.queue)),
    ...handlerFaults(options),
    ...bindingFaults(options),
  ],

  nameOf,

  plan(route, config) {
    const { options } = route.entrypoint;
    const sharedName = nameOf(route, config);
    const isTemporary = options.handler === 'broadcast';
    const name = isTemporary ? instanceQueueName(sharedName, randomUUID().replaceAll('-', '')) : sharedName;
    const { exchange = {}, bindingArguments = {} } = options;
    return {
      queue: queueSpec(name, options, isTemporary ? { 'x-expires': instanceQueueLife } : {}),
      source: {
        exchange: exchangeSpec(exchange.name ?? eventsExchangeName(options.source), exchange, config),
        key: options.event,
        arguments: bindingArguments,
      },
      sharedName,
      isTemporary,
    };
  },
});

/** Milliseconds an instance that lost its connection has to come back before the broker deletes its queue. */
const instanceQueueLife = 300_000;

function nameOf(route: Route<EventOptions>, { serviceName }: Config): string {
  const { source, event, handler, queue } = route.entrypoint.options;
  if (queue !== undefined) return queue;
  return handler === 'singleton'
    ? singletonQueueName(source, event)
    : poolQueueName(source, event, serviceName, route.target);
}

function sourceLengthFault({ source, exchange }: EventOptions): readonly string[] {
  if (typeof source !== 'string' || exchange?.name !== undefined) return [];
  const name = eventsExchangeName(source);
  return nameFault(
    'source',
    name,
    `its exchange would be called ${name}, and names are 1 to 255 bytes long.`,
  );
}
