import { fromWireError, toWireError } from '../../errors/wire-error.js';
import type { HandlerHost } from '../../handle/handler-host.js';
import { unpackBatch } from '../packed.js';
import type { BootAnswer, RunMessage, ToWorker } from '../protocol.js';
import type { WorkerInit } from '../worker-init.js';
import type { Channel } from './channel.js';
import { loadHost } from './load-host.js';
import { Outbox } from './outbox.js';
import { Questions } from './questions.js';

/** What a worker does: load the service, run its calls, stop it. Its one task, `serve`, lasts from the first to the last. */
export class WorkerService {
  readonly #channel: Channel;
  readonly #outbox: Outbox;
  readonly #questions: Questions;
  readonly #stopped: Promise<void>;
  #stop: () => void = () => {};
  #host: HandlerHost | undefined;
  #begun = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#outbox = new Outbox(channel);
    this.#questions = new Questions(channel);
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    // The main side sees only that the worker died; this tells it of what.
    process.on('uncaughtExceptionMonitor', (error) => {
      channel.post({ mf: 'last-words', error: toWireError(error) });
    });
    // After what the outbox sends then. Told at the end alone, it costs the calls nothing.
    process.on('exit', () => channel.post({ mf: 'exiting', begun: this.#begun }));
  }

  /** Loads the service, tells so, and ends once it was stopped. Rejects with what the stop hooks threw. */
  async serve(init: WorkerInit): Promise<void> {
    this.#channel.post({ mf: 'ready', answer: await this.#boot(init) });
    await this.#stopped;
    try {
      await this.#host?.stop();
    } catch (error) {
      // Not everything that can be thrown can be told by poolifier.
      throw fromWireError(toWireError(error));
    } finally {
      this.#questions.close();
    }
  }

  receive(message: ToWorker): void {
    switch (message.mf) {
      case 'run':
        this.#run(message);
        return;
      case 'cancel':
        this.#host?.abort(message.callId, message.reason);
        this.#questions.abandon(message.callId, message.reason);
        return;
      case 'answer':
        this.#questions.answered(message);
        return;
      case 'stop':
        this.#stop();
        return;
    }
  }

  async #boot(init: WorkerInit): Promise<BootAnswer> {
    try {
      this.#host = await loadHost(init, this.#questions.ask);
      await this.#host.start();
      return { ok: true };
    } catch (error) {
      return { ok: false, error: toWireError(error) };
    }
  }

  /** Begins the calls; their outcomes follow by the outbox. */
  #run(message: RunMessage): void {
    const { first, calls } = unpackBatch(message);
    for (const [index, call] of calls.entries()) {
      const number = first + index;
      // Calls that had to be sent again come later than their number says.
      if (number > this.#begun) this.#begun = number;
      const outcome = this.#host?.run(call);
      if (outcome instanceof Promise) void outcome.then((settled) => this.#outbox.add(number, call, settled));
      else if (outcome) this.#outbox.add(number, call, outcome);
    }
  }
}
