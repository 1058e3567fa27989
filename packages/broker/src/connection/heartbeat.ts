import { heartbeatFrame } from '../codec/frame.js';
import type { Intake } from './intake.js';
import type { Outbox } from './outbox.js';

// A beat is sent twice an interval; a client that is silent for two intervals is taken for dead, as RabbitMQ does.
const ticksPerInterval = 2;
const silentTicks = 4;

/** The connection whose client is watched. */
export interface WatchedConnection {
  readonly outbox: Outbox;
  readonly intake: Intake;
  destroy(): void;
}

/** Sends heartbeats where nothing else is sent, and notices a client that has gone without a word. */
export class Heartbeat {
  #timer: NodeJS.Timeout | undefined;
  #silent = 0;

  /** @param seconds - the negotiated interval; 0 for none. */
  start(seconds: number, connection: WatchedConnection): void {
    if (seconds === 0) return;
    const { outbox, intake } = connection;
    const tick = (): void => {
      if (!outbox.active) outbox.append(heartbeatFrame);
      outbox.active = false;
      // A publisher that is kept waiting is silent because of us; one that does not read its answers is as good as gone.
      this.#silent = intake.holdsPublisher ? 0 : this.#silent + 1;
      if (this.#silent > silentTicks) connection.destroy();
    };
    this.#timer = setInterval(tick, (seconds * 1000) / ticksPerInterval);
    this.#timer.unref();
  }

  heard(): void {
    this.#silent = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
