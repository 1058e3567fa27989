import type { CallInfo, DependencyMain, ExtensionContext } from '@micro-framework/core';
import { type Session, session } from '../connection/session.js';
import { callIdStackHeaders, originalHeaders } from '../headers.js';
import { delayRoute, delayTopology } from '../topology/delays.js';
import { eventsExchange } from '../topology/events-exchange.js';
import { type ExchangeSpec, joined, type Topology } from '../topology/topology.js';
import type { Publication } from './publisher.js';
import type { EventEffect } from './worker-producer.js';

/** The main half of the producer: publishes with confirms to the service's exchange. */
export class ProducerMain implements DependencyMain {
  readonly #session: Session;
  readonly #exchange: ExchangeSpec;
  readonly #delays: boolean;

  constructor({ shared, config }: ExtensionContext) {
    this.#session = shared(session);
    this.#exchange = eventsExchange(config.serviceName, config);
    this.#delays = config.delays;
  }

  /**
   * Declares the exchange, so that events can be published before anybody has listened, and where delayed ones wait. An
   * exchange that others declare may come later than this service: it is missed by what is published, not by the start;
   * unless events are delayed, which are led there from now on.
   */
  async setup(): Promise<void> {
    const needed = this.#delays || !this.#exchange.foreign;
    const own: Topology = { exchanges: needed ? [this.#exchange] : [], queues: [], bindings: [] };
    const { capabilities } = this.#session;
    await this.#session.declare(
      this.#delays ? joined(own, delayTopology(this.#exchange.name, capabilities)) : own,
    );
  }

  /** Publishes one event now. */
  async answer(request: unknown, call: CallInfo | undefined): Promise<void> {
    await this.#session.publish(this.#publication(request as EventEffect, call));
  }

  /** Publishes what a call noted, in order: many at once, and no more than there is room for. */
  commit(effects: readonly unknown[], call: CallInfo): Promise<void> {
    return this.#session.publishAll(this.#publications(effects as readonly EventEffect[], call));
  }

  *#publications(effects: readonly EventEffect[], call: CallInfo): Iterable<Publication> {
    for (const effect of effects) yield this.#publication(effect, call);
  }

  #publication(effect: EventEffect, call: CallInfo | undefined): Publication {
    const {
      event,
      body,
      contentType,
      headers = {},
      messageId,
      correlationId,
      expiration,
      priority,
      mandatory,
      delay = 0,
      exchange = this.#exchange.name,
    } = effect;
    const publication: Publication = {
      exchange,
      routingKey: event,
      body:
        typeof body === 'string'
          ? Buffer.from(body)
          : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      properties: {
        contentType,
        ...(contentType === 'application/json' && { contentEncoding: 'utf-8' }),
        persistent: true,
        priority: priority ?? 0,
        // A handler that passes its own headers on does not pass on how often it was tried.
        headers: { ...originalHeaders(headers), ...callIdStackHeaders(call?.callIdStack ?? []) },
        messageId,
        mandatory: mandatory ?? false,
        ...(correlationId !== undefined && { correlationId }),
        ...(expiration !== undefined && { expiration }),
      },
    };
    return delay > 0 ? delayed(publication, delay) : publication;
  }
}

/** The same by way of the delay queues: that those are there is sure, so the broker is to say when they are not. */
function delayed(publication: Publication, delay: number): Publication {
  const { exchange, key } = delayRoute(delay, publication.exchange);
  const headers = { ...publication.properties.headers, BCC: [key] };
  return { ...publication, exchange, properties: { ...publication.properties, headers, mandatory: true } };
}
