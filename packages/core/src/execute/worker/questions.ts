import { BridgeError, NotCloneableError } from '../../errors/kernel-errors.js';
import { fromWireError, toWireError, type WireError } from '../../errors/wire-error.js';
import type { Ask } from '../../handle/handler-host.js';
import type { Answer } from '../protocol.js';
import type { Channel } from './channel.js';

interface Waiting {
  readonly callId: string | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The worker's end of the bridge: questions to the main side that wait for their answer. */
export class Questions {
  readonly #channel: Channel;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #closed = false;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  readonly ask: Ask = (dependency, request, callId) =>
    new Promise((resolve, reject) => {
      if (this.#closed) return reject(stopped(dependency));
      const question = ++this.#last;
      try {
        this.#channel.post({ mf: 'question', question, dependency, request, callId });
      } catch (cause) {
        return reject(notCloneable(dependency, cause));
      }
      this.#waiting.set(question, { callId, resolve, reject });
    });

  answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.question);
    this.#waiting.delete(answer.question);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(fromWireError(answer.error));
  }

  /** The call's time is over: what it still asks is not waited for. */
  abandon(callId: string, reason: WireError): void {
    for (const [question, waiting] of this.#waiting) {
      if (waiting.callId !== callId) continue;
      this.#waiting.delete(question);
      waiting.reject(
        new BridgeError(`call ${callId} ended before its question was answered: ${reason.message}`, {
          cause: fromWireError(reason),
        }),
      );
    }
  }

  /** The worker stops: nobody waits any longer, and nothing more is asked. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(stopped('the main side'));
    this.#waiting.clear();
  }
}

function stopped(whom: string): BridgeError {
  return new BridgeError(`the worker stops, so ${whom} is not asked any more`);
}

function notCloneable(dependency: string, cause: unknown): NotCloneableError {
  const { message } = toWireError(cause);
  return new NotCloneableError(
    `what ${dependency} is asked cannot leave the worker: ${message} Pass plain data.`,
    { cause },
  );
}
