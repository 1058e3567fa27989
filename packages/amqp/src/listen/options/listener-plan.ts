import type { Config } from '@micro-framework/core';
import type { ListenerParts } from '../../topology/listener-topology.js';
import type { Arguments, ExchangeSpec, QueueSpec } from '../../topology/topology.js';
import type {
  Batched,
  BatchOptions,
  ExchangeOptions,
  ListenerOptions,
  QueueOptions,
} from './listener-options.js';

/** What AMQP can count of deliveries in hand. */
export const mostInHand = 65_535;
const defaultMaxWait = 1_000;

/** What a listener comes down to: where its messages come from and how they are taken. Plain data. */
export interface ListenerPlan extends ListenerParts {
  readonly prefetch: number;
  readonly priority: number;
  readonly batch: Required<BatchOptions> | undefined;
  /** The queue belongs to this instance alone: it is deleted when that stops. */
  readonly isTemporary: boolean;
}

/** How a listener takes its messages, by its options and the calls that its workers can run. */
export function intakePlan(
  { prefetch, priority = 0, batch, singleActive }: ListenerOptions<never> & Partial<Batched>,
  capacity: number,
): Pick<ListenerPlan, 'prefetch' | 'priority' | 'batch'> {
  // More calls than one at a time would handle them out of order.
  const calls = singleActive ? 1 : capacity;
  return {
    prefetch: prefetch ?? Math.min(calls * (batch?.size ?? 1), mostInHand),
    priority,
    batch: batch && { size: batch.size, maxWait: batch.maxWait ?? defaultMaxWait },
  };
}

/** The queue that a listener wants, but for what its type brings along. */
export function queueSpec(
  name: string,
  { queueType, singleActive, queueOptions = {} }: ListenerOptions<never>,
  defaults: Arguments = {},
): QueueSpec {
  const { durable = true, autoDelete = false, declare = true }: QueueOptions = queueOptions;
  return {
    name,
    durable,
    autoDelete,
    foreign: !declare,
    arguments: {
      ...defaults,
      ...(queueType && { 'x-queue-type': queueType }),
      ...(singleActive && { 'x-single-active-consumer': true }),
      ...queueOptions.arguments,
    },
  };
}

/** The exchange that a listener wants. */
export function exchangeSpec(
  name: string,
  { type = 'topic', durable = true, autoDelete, declare, arguments: given = {} }: ExchangeOptions,
  { amqpEventExchanges }: Config,
): ExchangeSpec {
  return {
    name,
    type,
    durable,
    autoDelete: autoDelete ?? amqpEventExchanges === 'auto-delete',
    arguments: given,
    foreign: declare === undefined ? amqpEventExchanges === 'foreign' : !declare,
  };
}
