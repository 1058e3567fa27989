import { dependency } from '../declare/token.js';
import type { DependencyDefinition } from '../extend/dependency.js';

/**
 * How often this call was tried before; injected into a parameter of a handler. In a batch that is about the message
 * tried most often: `CallContext.messages` tells of each.
 *
 * @example
 * ```ts
 * @EventListener('shop', 'order', { backOff: { maxRetries: 5, interval: 10_000 } })
 * handle(order: Order, @Inject(BackOffData) retry: BackOffData) { if (retry.retryCount > 2) useFallback(order); }
 * ```
 */
export class BackOffData {
  static readonly [dependency]: DependencyDefinition<BackOffData> = {
    name: 'BackOffData',
    scope: 'call',
    worker: () => ({
      provide: (call) => {
        const { attempt, lastRetry } = (call as NonNullable<typeof call>).context;
        return new BackOffData(attempt - 1, lastRetry);
      },
    }),
  };

  constructor(
    /** 0 at the first attempt. */
    readonly retryCount: number,
    /** When the attempt before this one failed. */
    readonly lastRetry: Date | undefined,
  ) {}
}
