import { annotate, type EntrypointDecorator } from '@micro-framework/core';
import { listenerEntrypoint } from './options/listener-entrypoint.js';
import type { Batched, QueueListenerOptions } from './options/listener-options.js';
import { exchangeSpec, queueSpec } from './options/listener-plan.js';
import { bindingFaults, queueNameFault } from './options/option-faults.js';

/**
 * Calls the method for each message of a queue, whoever fills it: another service that sends to the queue by name, or,
 * with the options `exchange` and `routingKey`, an exchange of any kind. All else is as with {@link EventListener}.
 *
 * @param queue - its name; it is declared, durable, unless `queueOptions` say otherwise
 *
 * @example
 * ```ts
 * @QueueListener('invoices', { backOff: { maxRetries: 5 } })
 * async print(invoice: Invoice) {}
 *
 * @QueueListener('audit', { exchange: { name: 'amq.topic', declare: false }, routingKey: 'user.#' })
 * async note(change: object) {}
 * ```
 */
export function QueueListener(
  queue: string,
  options: QueueListenerOptions & Batched,
): EntrypointDecorator<[payloads: never[]]>;
/** Without a batch: the handler gets one payload. */
export function QueueListener(
  queue: string,
  options?: QueueListenerOptions,
): EntrypointDecorator<[payload: never]>;
/** With the payload's type, which filter and handler are checked against: `@QueueListener<Invoice>(...)`. */
export function QueueListener<Payload>(
  queue: string,
  options: QueueListenerOptions<Payload> & Batched,
): EntrypointDecorator<[payloads: Payload[]]>;
/** With the payload's type, and without a batch. */
export function QueueListener<Payload>(
  queue: string,
  options?: QueueListenerOptions<Payload>,
): EntrypointDecorator<[payload: Payload]>;
export function QueueListener(
  queue: string,
  options: QueueListenerOptions<never> = {},
): EntrypointDecorator<[payload: never]> {
  return annotate<QueueOptions, [payload: never]>(queueEntrypoint, { ...options, queue });
}

/** What the decorator writes down. */
interface QueueOptions extends QueueListenerOptions<never>, Partial<Batched> {
  readonly queue: string;
}

const queueEntrypoint = listenerEntrypoint<QueueOptions>({
  kind: 'QueueListener',
  optionNames: ['queue', 'exchange', 'routingKey', 'bindingArguments'],

  check: (options) => [...queueNameFault(options.queue), ...bindingFaults(options), ...sourceFaults(options)],

  nameOf: ({ entrypoint: { options } }) => options.queue,

  plan({ entrypoint: { options } }, config) {
    const { queue, exchange, routingKey = '', bindingArguments = {} } = options;
    return {
      queue: queueSpec(queue, options),
      source: exchange && {
        exchange: exchangeSpec(exchange.name, exchange, config),
        key: routingKey,
        arguments: bindingArguments,
      },
      sharedName: queue,
      isTemporary: false,
    };
  },
});

function sourceFaults({ exchange, routingKey, bindingArguments }: QueueOptions): string[] {
  if (exchange === undefined) {
    return routingKey === undefined && bindingArguments === undefined
      ? []
      : ["it has a routingKey or bindingArguments and no exchange: write exchange: { name: '...' }."];
  }
  const { name, type = 'topic' } = exchange;
  const faults: string[] = [];
  if (name === undefined) faults.push("its exchange has no name: write { name: '...' }.");
  if (routingKey === undefined && (type === 'topic' || type === 'direct'))
    faults.push(`its exchange is of the type ${type}: write the routingKey its messages have.`);
  if (routingKey !== undefined && (typeof routingKey !== 'string' || Buffer.byteLength(routingKey) > 255))
    faults.push('its routingKey must be text of at most 255 bytes.');
  return faults;
}
