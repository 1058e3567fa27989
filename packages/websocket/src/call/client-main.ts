import type { CallInfo, DependencyMain, ExtensionContext } from '@micro-framework/core';
import type { BaseRpcClient } from '../client/base-rpc-client.js';
import type { ClientCallOptions } from '../client/call-connection.js';
import type { Address } from './address.js';
import type { Answer, CallQuestion, Question } from './bridge.js';
import { clientPool, ThrownRemotely } from './client-pool.js';

/** The main half of a `WebSocketRpcClient`: calls over the connection that the service has to the address. */
export class ClientMain implements DependencyMain {
  readonly #service: string | undefined;
  readonly #client: BaseRpcClient;
  readonly #aborts = new Map<number, AbortController>();

  constructor(context: ExtensionContext, address: Address) {
    this.#service = address.service;
    this.#client = context.shared(clientPool).clientOf(address);
  }

  async answer(request: unknown, call: CallInfo | undefined): Promise<Answer> {
    const question = request as Question;
    switch (question.kind) {
      case 'call':
        return this.#call(question, call);
      case 'notify':
        await this.#client.notifyMethod(
          this.#service,
          question.method,
          question.params,
          options(question, call),
        );
        return { kind: 'done' };
      case 'targets':
        return { kind: 'targets', targets: await this.#client.targets({ timeout: question.timeout }) };
      case 'abort':
        this.#aborts.get(question.ticket)?.abort();
        return { kind: 'done' };
    }
  }

  async #call(question: CallQuestion, call: CallInfo | undefined): Promise<Answer> {
    const { method, params, ticket } = question;
    const abort = ticket === undefined ? undefined : new AbortController();
    if (ticket !== undefined && abort) this.#aborts.set(ticket, abort);
    try {
      const own = { ...options(question, call), ...(abort && { signal: abort.signal }) };
      const value = await this.#client.callMethod(this.#service, method, params, own);
      return { kind: 'result', value };
    } catch (error) {
      // Its class is for the worker to know.
      if (error instanceof ThrownRemotely) return { kind: 'thrown', error: error.wire };
      throw error;
    } finally {
      if (ticket !== undefined) this.#aborts.delete(ticket);
    }
  }
}

function options({ timeout, idempotent }: CallQuestion, call: CallInfo | undefined): ClientCallOptions {
  return {
    timeout,
    callIdStack: call?.callIdStack ?? [],
    ...(idempotent !== undefined && { idempotent }),
  };
}
