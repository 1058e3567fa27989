import type { Deadline, Ending, EntrypointContext, Extension } from '@micro-framework/core';
import {
  answerOf,
  bindArguments,
  failure,
  type GivenArguments,
  nameParameters,
  type RpcAnswer,
  type Signature,
  type TargetInfo,
} from '@micro-framework/core/rpc';
import type { RpcInput } from './rpc-input.js';
import { type WebSocketServer, webSocketServer } from './server.js';
import type { WebSocketRpcOptions } from './websocket-rpc.js';

/** A call as a protocol read it. */
export interface RpcRequest extends GivenArguments {
  /** Milliseconds its caller waits; undefined where it did not say. */
  readonly timeout: number | undefined;
  /** Ids of the calls that led to it. */
  readonly callIdStack: readonly string[];
  readonly principal: unknown;
  /** How its result is written. */
  readonly json: RpcInput['json'];
}

/** The main-side half of one `@WebSocketRpc`. */
export class RpcRoute implements Extension {
  readonly name: string;
  readonly #context: EntrypointContext<WebSocketRpcOptions>;
  readonly #server: WebSocketServer;
  readonly #stacks: boolean;
  readonly #waits = new Set<() => void>();
  #signature: Signature | undefined;
  #stopping = false;

  constructor(context: EntrypointContext<WebSocketRpcOptions>, name: string) {
    this.name = name;
    this.#context = context;
    this.#stacks = context.config.webSocket.stacks ?? false;
    this.#server = context.shared(webSocketServer);
    this.#server.add(this);
  }

  async start(): Promise<void> {
    const { params } = this.#context.route.entrypoint.options;
    this.#signature = nameParameters(await this.#context.signature(), params);
    await this.#server.open();
  }

  stop(_deadline: Deadline): void {
    this.#stopping = true;
    this.#server.drain();
    for (const wake of this.#waits) wake();
  }

  get info(): TargetInfo {
    const { description } = this.#context.route.entrypoint.options;
    return { target: this.name, parameters: this.#signature ?? [], description };
  }

  /** Runs a call, with its retries, to the answer its caller gets. Never rejects. */
  call(request: RpcRequest): RpcAnswer | Promise<RpcAnswer> {
    const binding = bindArguments(this.name, this.#signature, request);
    if (binding.kind === 'fault') return failure('bad-arguments', binding.message);
    const expires = request.timeout === undefined ? undefined : Date.now() + request.timeout;
    return this.#attempt(request, { args: binding.args, expires, json: request.json }, 1);
  }

  async #attempt(
    request: RpcRequest,
    input: RpcInput,
    attempt: number,
    lastRetry?: number,
  ): Promise<RpcAnswer> {
    const left = input.expires === undefined ? undefined : input.expires - Date.now();
    const ending = await this.#context.dispatch({
      input,
      attempt,
      callIdStack: request.callIdStack,
      principal: request.principal,
      ...(left !== undefined && { timeout: Math.max(1, left) }),
      ...(lastRetry !== undefined && { lastRetry }),
    });
    if (ending.kind !== 'retry' || !this.#worthWaiting(ending, input)) {
      return answerOf(ending, this.name, { stacks: this.#stacks });
    }
    const failedAt = Date.now();
    await this.#wait(ending.delay);
    if (this.#stopping) return answerOf(ending, this.name, { stacks: this.#stacks });
    return this.#attempt(request, input, ending.attempt, failedAt);
  }

  // A call is worth nothing to anybody but its caller: its retries wait here, as long as that one does.
  #worthWaiting({ delay }: Extract<Ending, { kind: 'retry' }>, { expires }: RpcInput): boolean {
    return !this.#stopping && (expires === undefined || Date.now() + delay < expires);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waits.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waits.add(wake);
    });
  }
}
