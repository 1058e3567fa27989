import type { CallInfo, DependencyMain, ExtensionContext } from '@micro-framework/core';
import { type Answer, BridgedCalls, type CallClient } from '@micro-framework/core/rpc';
import type { AmqpRpcSystemOptions } from './client-options.js';
import { type ClientPool, clientPool } from './client-pool.js';
import type { AddressedQuestion } from './remote-service.js';

/** The main half of those who call other services: over the channel that all calls of a service share. */
export class ClientMain implements DependencyMain {
  readonly #pool: ClientPool;
  readonly #service: string | undefined;
  readonly #options: AmqpRpcSystemOptions;
  readonly #calls = new BridgedCalls();
  readonly #clients = new Map<string, CallClient>();

  /** @param service - the class's name on the wire, if it was given */
  constructor(context: ExtensionContext, service: string | undefined, options: AmqpRpcSystemOptions) {
    this.#pool = context.shared(clientPool);
    this.#pool.need(options.dialect ?? 'own');
    this.#service = service;
    this.#options = options;
  }

  answer(request: unknown, call: CallInfo | undefined): Promise<Answer> {
    const { to, question } = request as AddressedQuestion;
    return this.#calls.answer(this.#clientOf(to), this.#service, question, call);
  }

  #clientOf(to: string): CallClient {
    const client = this.#clients.get(to) ?? this.#pool.clientOf(to, this.#options);
    this.#clients.set(to, client);
    return client;
  }
}
