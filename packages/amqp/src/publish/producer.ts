import { type DependencyDefinition, dependency } from '@micro-framework/core';
import { type PublishOptions, WorkerProducer } from './worker-producer.js';

/**
 * Publishes events of this service. In a handler they go out when the handler has succeeded, before its own message is
 * acknowledged: an attempt whose handler fails publishes nothing. `immediate: true` opts out.
 *
 * That is no transaction of the broker: where it refuses one of several events, the attempt has failed, and the others may
 * be out, and will be once more with the next attempt.
 *
 * @example
 * ```ts
 * constructor(@Inject(Producer) private readonly producer: Producer) {}
 *
 * @EventListener<Order>('shop', 'order_placed')
 * async price({ id, items }: Order) { await this.producer.publish('order_priced', { id, price: sum(items) }); }
 * ```
 */
export abstract class Producer {
  static readonly [dependency]: DependencyDefinition<Producer> = {
    name: 'Producer',
    // The driver is for the main side only.
    main: async (context) => new (await import('./producer-main.js')).ProducerMain(context),
    worker: (context) => {
      const producer = new WorkerProducer(context);
      return { provide: () => producer };
    },
  };

  /**
   * Publishes an event. In a handler it resolves when the event is noted; with `immediate`, or outside of a call, when
   * the broker has confirmed it.
   *
   * @param event - its name, the routing key
   * @param payload - anything JSON can hold, or bytes, which are sent as they are. Default: `null`.
   * @throws `UnsendableError` for a payload that is not JSON, `DelaysOffError` for a `delay` without the setting `delays`.
   * With `immediate` also `UnroutableError`, `PublishRefusedError`, `MessageTooLargeError`, `PublishTimedOutError`,
   * `PublishOverflowError`, `ConnectionLostError`; else these fail the attempt after the handler.
   */
  abstract publish(event: string, payload?: unknown, options?: PublishOptions): Promise<void>;
}
