import type { RouteOptions } from '@micro-framework/core';

/** Options that every listener takes, whatever its queue is filled by. */
export interface ListenerOptions<Payload = Record<string, unknown>> extends RouteOptions {
  /**
   * Which payloads the handler wants; the others are acknowledged at once, counted, and never tried again. Synchronous,
   * run in the worker. If it throws, that is a failed attempt.
   */
  readonly filter?: (payload: Payload) => boolean;
  /**
   * Deliveries in hand at the same time, 1 to 65,535. Default: what the workers of the route can run, a full batch each;
   * with `singleActive` one delivery, or one batch.
   */
  readonly prefetch?: number;
  /** Among the consumers of a queue those of the highest priority are served first. May be negative. Default: 0. */
  readonly priority?: number;
  /** Only one of all instances consumes, until it is gone: with the default `prefetch`, messages are handled in order. */
  readonly singleActive?: boolean;
  /**
   * What kind of queue to declare. `quorum` is replicated; what the broker gives up on there, as it was handed back too
   * often, goes to the dead letters. Default: the broker's own, most often classic, as the Python originals have it.
   */
  readonly queueType?: 'classic' | 'quorum';
  /** How the queue is declared. */
  readonly queueOptions?: QueueOptions;
}

/** The option that gives a handler many messages at once. */
export interface Batched {
  /** The handler gets an array of payloads. Each message is settled by itself; see `BatchError`. */
  readonly batch: BatchOptions;
}

/** How large a batch is, and how long its first message waits for the others. */
export interface BatchOptions {
  /** Messages at the most, 1 to 65,535. */
  readonly size: number;
  /** Milliseconds after its first message when a batch is handled even if it is not full. Default: 1,000. */
  readonly maxWait?: number;
}

/** How a queue is declared. A queue that is on the broker with other options is a `TopologyClashError`. */
export interface QueueOptions {
  /** It outlives the broker. Default: `true`. */
  readonly durable?: boolean;
  /** The broker deletes it with its last consumer, and with it what is in it. Default: `false`. */
  readonly autoDelete?: boolean;
  /** Further arguments, such as `{ 'x-max-length': 10_000 }`. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** `false`: somebody else declares it. */
  readonly declare?: boolean;
}

/** How an exchange is declared. An exchange that is on the broker with other options is a `TopologyClashError`. */
export interface ExchangeOptions {
  /** Default: `<source>.events`. */
  readonly name?: string;
  /** Default: `topic`. */
  readonly type?: 'topic' | 'direct' | 'fanout' | 'headers' | `x-${string}`;
  /** It outlives the broker. Default: `true`. */
  readonly durable?: boolean;
  /** The broker deletes it with its last binding. Default: as the setting `amqpEventExchanges` says. */
  readonly autoDelete?: boolean;
  /** Further arguments, such as `{ 'alternate-exchange': 'unrouted' }`. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** `false`: somebody else declares it. Default: as the setting `amqpEventExchanges` says. */
  readonly declare?: boolean;
}

/** Where a listener's queue gets its messages from. */
export interface BindingOptions {
  /** The exchange, where it is not `<source>.events`, topic and durable. */
  readonly exchange?: ExchangeOptions;
  /** Arguments of the binding, such as what a `headers` exchange compares. */
  readonly bindingArguments?: Readonly<Record<string, unknown>>;
}

/** Options of `@EventListener`. */
export interface EventListenerOptions<Payload = Record<string, unknown>>
  extends ListenerOptions<Payload>,
    BindingOptions {
  /**
   * Who gets an event. `pool`: one instance of each listening service. `singleton`: one instance of all services that
   * listen so. `broadcast`: every instance; what comes while an instance reconnects it gets afterwards, what comes
   * before it starts it does not. Default: `pool`.
   */
  readonly handler?: 'pool' | 'singleton' | 'broadcast';
  /**
   * Name of the queue. Default: `<source>.<event>__<service>.<Class.method>`; for a singleton `evt-<source>-<event>`; a
   * broadcast adds the instance to either.
   */
  readonly queue?: string;
}

/** Options of `@QueueListener`. */
export interface QueueListenerOptions<Payload = Record<string, unknown>>
  extends ListenerOptions<Payload>,
    BindingOptions {
  /** The exchange to bind the queue to, with its name. Default: the queue is filled by others. */
  readonly exchange?: ExchangeOptions & { readonly name: string };
  /** The key it is bound by. Needed with `exchange`, unless that is of the type `fanout` or `headers`. */
  readonly routingKey?: string;
}
