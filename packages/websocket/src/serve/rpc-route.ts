import type { Deadline, EntrypointContext, Extension } from '@micro-framework/core';
import { type RpcAnswer, type RpcRequest, RpcTarget, type TargetInfo } from '@micro-framework/core/rpc';
import { type WebSocketServer, webSocketServer } from './server.js';
import type { WebSocketRpcOptions } from './websocket-rpc.js';

/** The main-side half of one `@WebSocketRpc`. */
export class RpcRoute implements Extension {
  readonly name: string;
  readonly #server: WebSocketServer;
  readonly #target: RpcTarget;

  constructor(context: EntrypointContext<WebSocketRpcOptions>, name: string) {
    this.name = name;
    this.#target = new RpcTarget({ context, name, stacks: context.config.webSocket.stacks ?? false });
    this.#server = context.shared(webSocketServer);
    this.#server.add(this);
  }

  async start(): Promise<void> {
    await this.#target.learn();
    await this.#server.open();
  }

  stop(_deadline: Deadline): void {
    this.#server.drain();
    this.#target.stop();
  }

  get info(): TargetInfo {
    return this.#target.info;
  }

  /** Runs a call, with its retries, to the answer its caller gets. Never rejects. */
  call(request: RpcRequest): RpcAnswer | Promise<RpcAnswer> {
    return this.#target.call(request);
  }
}
