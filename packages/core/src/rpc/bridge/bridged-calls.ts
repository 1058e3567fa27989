import type { WireError } from '../../errors/wire-error.js';
import type { CallInfo } from '../../extend/call-scope.js';
import type { CallClient } from '../client/call-client.js';
import type { ClientCallOptions } from '../client/client-options.js';
import type { Answer, CallQuestion, Question } from './questions.js';

/** What a handler over there threw, on its way to the worker that called it: only there are the classes registered for sure. */
export class ThrownRemotely extends Error {
  readonly wire: WireError;

  constructor(wire: WireError) {
    super(wire.message);
    this.wire = wire;
  }
}

/** Makes the calls that workers ask for, on the main side, over clients whose errors are {@link ThrownRemotely}. */
export class BridgedCalls {
  readonly #aborts = new Map<number, AbortController>();

  /**
   * Answers a worker's question.
   *
   * @param service - the class's name on the wire, if it was given
   */
  async answer(
    client: CallClient,
    service: string | undefined,
    question: Question,
    call: CallInfo | undefined,
  ): Promise<Answer> {
    switch (question.kind) {
      case 'call':
        return this.#call(client, service, question, call);
      case 'notify':
        await client.notifyMethod(service, question.method, question.params, options(question, call));
        return { kind: 'done' };
      case 'targets':
        return { kind: 'targets', targets: await client.targets({ timeout: question.timeout }) };
      case 'abort':
        this.#aborts.get(question.ticket)?.abort();
        return { kind: 'done' };
    }
  }

  async #call(
    client: CallClient,
    service: string | undefined,
    question: CallQuestion,
    call: CallInfo | undefined,
  ): Promise<Answer> {
    const { method, params, ticket } = question;
    const abort = ticket === undefined ? undefined : new AbortController();
    if (ticket !== undefined && abort) this.#aborts.set(ticket, abort);
    try {
      const own = { ...options(question, call), ...(abort && { signal: abort.signal }) };
      return { kind: 'result', value: await client.callMethod(service, method, params, own) };
    } catch (error) {
      // Its class is for the worker to know.
      if (error instanceof ThrownRemotely) return { kind: 'thrown', error: error.wire };
      throw error;
    } finally {
      if (ticket !== undefined) this.#aborts.delete(ticket);
    }
  }
}

function options(
  { timeout, idempotent, headers }: CallQuestion,
  call: CallInfo | undefined,
): ClientCallOptions {
  return {
    timeout,
    callIdStack: call?.callIdStack ?? [],
    ...(headers !== undefined && { headers }),
    ...(idempotent !== undefined && { idempotent }),
  };
}
