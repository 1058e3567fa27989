import type { EntrypointContext, Extension } from '@micro-framework/core';
import { type RpcAnswer, type RpcRequest, RpcTarget, type TargetInfo } from '@micro-framework/core/rpc';
import { mostInHand } from '../../listen/options/listener-plan.js';
import type { AmqpRpcOptions } from '../amqp-rpc.js';
import { type RpcServer, rpcServer } from './rpc-server.js';

/** The main-side half of one `@AmqpRpc`. */
export class RpcRoute implements Extension {
  readonly name: string;
  /** Calls it can have in flight. */
  readonly capacity: number;
  readonly #target: RpcTarget;
  readonly #server: RpcServer;

  constructor(context: EntrypointContext<AmqpRpcOptions>, name: string) {
    this.name = name;
    this.capacity = Math.min(context.capacity, mostInHand);
    this.#target = new RpcTarget({ context, name, stacks: context.config.amqpRpcStacks });
    this.#server = context.shared(rpcServer);
    this.#server.add(this);
  }

  async start(): Promise<void> {
    await this.#target.learn();
    await this.#server.open();
  }

  async stop(): Promise<void> {
    this.#target.stop();
    await this.#server.drain();
  }

  get info(): TargetInfo {
    return this.#target.info;
  }

  /** Runs a call, with its retries, to the answer its caller gets. Never rejects. */
  call(request: RpcRequest): RpcAnswer | Promise<RpcAnswer> {
    return this.#target.call(request);
  }
}
