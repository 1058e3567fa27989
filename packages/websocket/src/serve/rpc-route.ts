import type { Deadline, EntrypointContext, Extension, Logger } from '@micro-framework/core';
import { type RpcAnswer, type RpcRequest, RpcTarget, type TargetInfo } from '@micro-framework/core/rpc';
import { isLonger } from '../wire/message-size.js';
import { defaultLimits } from './options.js';
import { type WebSocketServer, webSocketServer } from './server.js';
import type { WebSocketRpcOptions } from './websocket-rpc.js';

/** The main-side half of one `@WebSocketRpc`. */
export class RpcRoute implements Extension {
  readonly name: string;
  readonly #server: WebSocketServer;
  readonly #target: RpcTarget;
  readonly #maxResult: number;
  readonly #log: Logger;

  constructor(context: EntrypointContext<WebSocketRpcOptions>, name: string) {
    this.name = name;
    const { stacks = false, limits } = context.config.webSocket;
    this.#target = new RpcTarget({ context, name, stacks });
    this.#maxResult = limits?.maxResult ?? defaultLimits.maxResult;
    this.#log = context.log;
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
    const answer = this.#target.call(request);
    return answer instanceof Promise ? answer.then((known) => this.#bounded(known)) : this.#bounded(answer);
  }

  #bounded(answer: RpcAnswer): RpcAnswer {
    if (answer.kind !== 'result' || !isLonger(answer.value as string, this.#maxResult)) return answer;
    const tooLong = `the result has more than ${this.#maxResult} bytes (webSocket.limits.maxResult)`;
    this.#log.warn({ route: this.name }, `a call is answered by an error: ${tooLong}`);
    const message = `${this.name}: ${tooLong}: answer less, or where to find it`;
    return {
      kind: 'error',
      failure: 'failed',
      error: { name: 'RpcUnsendableError', code: 'RPC_UNSENDABLE', message },
    };
  }
}
