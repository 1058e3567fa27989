const longestTick = 500;
const ticksPerHeartbeat = 10;

/** What a tick asks for: a question to the broker, or the end of the connection. */
export type PulseStep = 'nothing' | 'ask' | 'silent' | 'unheard';

/**
 * Decides whether the line to the broker still carries, in both directions, within two heartbeats and half a second.
 *
 * - Nothing came for two heartbeats, where the broker sends something twice in each: `silent`.
 * - A question, asked twice a heartbeat, was not answered for one and a half: `unheard`. Without it a line that takes
 *   our bytes nowhere would look well: the broker's own heartbeats still come. It stands behind what we send: as long as
 *   that moves, there is no hurry.
 *
 * It counts ticks, not time: work that holds up this process holds up the ticks as well, and is no silence of the broker.
 */
export class Pulse {
  /** Milliseconds between ticks. */
  readonly tick: number;
  readonly #limit: number;
  #silent = 0;
  #sinceAsked = 0;
  #unanswered = 0;
  #asked = false;
  #held = false;

  /** @param heartbeat - seconds */
  constructor(heartbeat: number) {
    this.tick = Math.min(longestTick, (heartbeat * 1_000) / ticksPerHeartbeat);
    this.#limit = Math.ceil((2_000 * heartbeat) / this.tick);
  }

  /** One tick has passed, in which something came from the broker, or nothing did. */
  beat(heard: boolean): PulseStep {
    this.#silent = heard ? 0 : this.#silent + 1;
    if (this.#silent >= this.#limit) return 'silent';
    if (this.#held) return 'nothing';
    if (this.#asked) {
      this.#unanswered += 1;
      return this.#unanswered >= this.#limit * 0.75 ? 'unheard' : 'nothing';
    }
    this.#sinceAsked += 1;
    if (this.#sinceAsked < this.#limit / 4) return 'nothing';
    this.#asked = true;
    this.#unanswered = 0;
    return 'ask';
  }

  /** The question was answered. */
  answered(): void {
    this.#asked = false;
    this.#sinceAsked = 0;
  }

  /** Bytes of ours leave, slowly: the question waits behind them, or its answer behind the work that they make. */
  moved(): void {
    this.#unanswered = 0;
  }

  /** The broker reads nothing for now, and has said so: it is not asked, and what it was asked it may answer later. */
  hold(): void {
    this.#held = true;
    this.answered();
  }

  /** The broker reads again. */
  release(): void {
    this.#held = false;
    this.answered();
  }
}
