import type { Entry } from '../queue/entry.js';
import type { Channel } from './channel.js';

export interface ConsumerSettings {
  readonly tag: string;
  readonly noAck: boolean;
  readonly exclusive: boolean;
  readonly priority: number;
  /** How many unsettled deliveries it may hold; 0 for any number. */
  readonly prefetch: number;
}

/** One subscription of a channel to a queue. */
export class Consumer {
  /** Deliveries it has and has not settled. */
  outstanding = 0;
  /** It was passed over for lack of credit and waits to be let in again. */
  waiting = false;

  constructor(
    readonly channel: Channel,
    readonly settings: ConsumerSettings,
  ) {}

  get hasCredit(): boolean {
    const { channel, settings } = this;
    if (channel.paused) return false;
    if (settings.noAck) return true;
    return (settings.prefetch === 0 || this.outstanding < settings.prefetch) && channel.hasCredit;
  }

  deliver(entry: Entry): void {
    this.channel.deliver(this, entry);
  }
}
