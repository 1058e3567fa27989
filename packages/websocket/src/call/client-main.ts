import type { CallInfo, DependencyMain, ExtensionContext } from '@micro-framework/core';
import { type Answer, BridgedCalls, type Question } from '@micro-framework/core/rpc';
import type { BaseRpcClient } from '../client/base-rpc-client.js';
import type { Address } from './address.js';
import { clientPool } from './client-pool.js';

/** The main half of a `WebSocketRpcClient`: calls over the connection that the service has to the address. */
export class ClientMain implements DependencyMain {
  readonly #service: string | undefined;
  readonly #client: BaseRpcClient;
  readonly #calls = new BridgedCalls();

  constructor(context: ExtensionContext, address: Address) {
    this.#service = address.service;
    this.#client = context.shared(clientPool).clientOf(address);
  }

  answer(request: unknown, call: CallInfo | undefined): Promise<Answer> {
    return this.#calls.answer(this.#client, this.#service, request as Question, call);
  }
}
