/** Milliseconds that an exchange is not asked for again. Longer than what a channel has to last to count as well. */
const rest = 10_000;

/** Exchanges that are remembered: names may be computed. */
const most = 1_000;

interface Refusal {
  /** No message goes there until then, on the monotonic clock; 0 for one that may have come back with the channel. */
  until: number;
  why: string;
}

/**
 * The exchanges for which the broker has closed the channel: as they are not there, or not for us. Each such message costs
 * the service its channel, so that a handler with a wrong name would stop what all others publish.
 *
 * The first time is forgiven: with the next channel our own exchanges are declared again, among them those that went with
 * their last listener. From the second on, messages there are refused without asking, for a while.
 */
export class RefusedExchanges {
  readonly #refusals = new Map<string, Refusal>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The broker has closed the channel for a message to the exchange. True where no more are to be sent for now. */
  note(exchange: string, why: string): boolean {
    const isKnown = this.#refusals.delete(exchange);
    if (this.#refusals.size >= most) this.#refusals.delete(this.#refusals.keys().next().value as string);
    this.#refusals.set(exchange, { until: isKnown ? this.#now() + rest : 0, why });
    return isKnown;
  }

  /** Why a message to the exchange is not to be sent now. */
  whyNot(exchange: string): string | undefined {
    const refusal = this.#refusals.get(exchange);
    return refusal && this.#now() < refusal.until ? refusal.why : undefined;
  }

  /** The broker has taken a message to the exchange. */
  forget(exchange: string): void {
    if (this.#refusals.size > 0) this.#refusals.delete(exchange);
  }
}

/** The exchange for which the broker closed a channel, where it says which: as RabbitMQ words it. */
export function exchangeOf({ message }: Error): string | undefined {
  return /(?:no|access to|internal) exchange '(.*)' in vhost '/s.exec(message)?.[1];
}
