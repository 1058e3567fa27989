import { NotCloneableError } from '../../errors/kernel-errors.js';
import { toWireError } from '../../errors/wire-error.js';
import type { Call } from '../../run/call.js';
import type { Outcome } from '../../run/outcome.js';
import { type PackedOutcome, packOutcome } from '../packed.js';
import type { Channel } from './channel.js';

/** Sends outcomes to the main side: those of one turn in one message. */
export class Outbox {
  readonly #channel: Channel;
  #outcomes: PackedOutcome[] = [];
  #calls: Call[] = [];

  constructor(channel: Channel) {
    this.#channel = channel;
    // A handler that ends the process must not take the others' results along.
    process.on('exit', () => this.#flush());
  }

  add(number: number, call: Call, outcome: Outcome): void {
    if (this.#outcomes.length === 0) process.nextTick(() => this.#flush());
    this.#outcomes.push(packOutcome(number, outcome));
    this.#calls.push(call);
  }

  #flush(): void {
    const outcomes = this.#outcomes;
    const calls = this.#calls;
    if (outcomes.length === 0) return;
    this.#outcomes = [];
    this.#calls = [];
    try {
      this.#channel.post({ mf: 'outcomes', outcomes });
    } catch {
      // One of them cannot be cloned, and nothing was sent: each by itself, so that the others are unharmed.
      for (const [index, outcome] of outcomes.entries()) this.#sendAlone(outcome, calls[index] as Call);
    }
  }

  #sendAlone(outcome: PackedOutcome, call: Call): void {
    try {
      this.#channel.post({ mf: 'outcomes', outcomes: [outcome] });
    } catch (cause) {
      this.#channel.post({ mf: 'outcomes', outcomes: [[outcome[0], notCloneable(call, cause)]] });
    }
  }
}

function notCloneable({ target, id }: Call, cause: unknown): Outcome {
  const { message } = toWireError(cause);
  const error = new NotCloneableError(
    `${target}: what call ${id} returned or emitted cannot leave the worker: ${message} Return plain data.`,
    { cause },
  );
  return { kind: 'failed', error: toWireError(error), retryable: false };
}
