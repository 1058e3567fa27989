import type { Config } from '@micro-framework/core';
import { eventsExchangeName } from './names.js';
import type { ExchangeSpec } from './topology.js';

/** How the exchanges of events are declared, unless a listener says otherwise. */
export const eventExchangeKinds = ['auto-delete', 'permanent', 'foreign'] as const;

/** See the setting `amqpEventExchanges`. */
export type EventExchangeKind = (typeof eventExchangeKinds)[number];

/** The exchange of a service's events, as this service is set to declare it: whoever declares it differently gets a 406. */
export function eventsExchange(source: string, { amqpEventExchanges }: Config): ExchangeSpec {
  return {
    name: eventsExchangeName(source),
    type: 'topic',
    autoDelete: amqpEventExchanges === 'auto-delete',
    foreign: amqpEventExchanges === 'foreign',
  };
}
