import type { EntrypointContext } from '../../extend/entrypoint.js';
import { type Eventual, whenThere } from '../../extend/eventual.js';
import type { Ending } from '../../run/ending.js';
import { answerOf, failure, type RpcAnswer } from '../answer.js';
import { onAbort } from '../client/abort-listener.js';
import { bindArguments, type GivenArguments } from '../signature/bind-arguments.js';
import { nameParameters, type Signature } from '../signature/signature.js';
import type { TargetInfo } from '../signature/target-info.js';
import type { RpcInput } from './rpc-input.js';
import type { TargetOptions } from './target-entrypoint.js';

type Retry = Extract<Ending, { kind: 'retry' }>;

const unwanted: Ending = { kind: 'requeue', reason: 'gone' };

/** A call as a protocol read it. */
export interface RpcRequest extends GivenArguments {
  /** Milliseconds its caller waits; undefined where it did not say. */
  readonly timeout: number | undefined;
  /** Ids of the calls that led to it. */
  readonly callIdStack: readonly string[];
  /** Who calls; undefined where nobody asked. */
  readonly principal?: unknown;
  /** What came along, for `CallContext.headers`. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** How its result is written. */
  readonly json: RpcInput['json'];
  /** Aborts once nobody waits for its answer any more. */
  readonly gone?: AbortSignal;
}

/** What a target is made with. */
export interface RpcTargetParts {
  readonly context: EntrypointContext<TargetOptions>;
  /** What it is called by. */
  readonly name: string;
  /** Whether the stack traces of errors are sent. */
  readonly stacks: boolean;
}

/** Something that can be called: runs calls, with their retries, to the answer that their callers get. */
export class RpcTarget {
  readonly name: string;
  readonly #context: EntrypointContext<TargetOptions>;
  readonly #stacks: boolean;
  readonly #waits = new Set<() => void>();
  #signature: Signature | undefined;
  #stopping = false;

  constructor({ context, name, stacks }: RpcTargetParts) {
    this.name = name;
    this.#context = context;
    this.#stacks = stacks;
  }

  /** Learns what the handler takes, once there are workers that know: in `start`. */
  async learn(): Promise<void> {
    const { params } = this.#context.route.entrypoint.options;
    this.#signature = nameParameters(await this.#context.signature(), params);
  }

  /** Waits for no retry any longer. */
  stop(): void {
    this.#stopping = true;
    for (const wake of this.#waits) wake();
  }

  /** What is known of it. */
  get info(): TargetInfo {
    const { description } = this.#context.route.entrypoint.options;
    return { target: this.name, parameters: this.#signature ?? [], description };
  }

  /** Runs a call, with its retries, to the answer its caller gets. Never rejects. */
  call(request: RpcRequest): Eventual<RpcAnswer> {
    if (request.gone?.aborted) return answerOf(unwanted, this.name, { stacks: false });
    const binding = bindArguments(this.name, this.#signature, request);
    if (binding.kind === 'fault') return failure('bad-arguments', binding.message);
    const expires = request.timeout === undefined ? undefined : Date.now() + request.timeout;
    return this.#attempt(request, { args: binding.args, expires, json: request.json }, 1);
  }

  #attempt(request: RpcRequest, input: RpcInput, attempt: number, lastRetry?: number): Eventual<RpcAnswer> {
    const left = input.expires === undefined ? undefined : input.expires - Date.now();
    const ending = this.#context.dispatch({
      input,
      attempt,
      callIdStack: request.callIdStack,
      headers: request.headers,
      principal: request.principal,
      timeout: left === undefined ? undefined : Math.max(1, left),
      lastRetry,
      gone: request.gone,
    });
    return whenThere(ending, (known) => this.#answer(request, input, known));
  }

  #answer(request: RpcRequest, input: RpcInput, ending: Ending): Eventual<RpcAnswer> {
    return ending.kind === 'retry' && !request.gone?.aborted && this.#worthWaiting(ending, input)
      ? this.#retry(request, input, ending)
      : answerOf(ending, this.name, { stacks: this.#stacks });
  }

  async #retry(request: RpcRequest, input: RpcInput, ending: Retry): Promise<RpcAnswer> {
    const { gone } = request;
    const failedAt = Date.now();
    await this.#wait(ending.delay, gone);
    if (this.#stopping || gone?.aborted) return answerOf(ending, this.name, { stacks: this.#stacks });
    return this.#attempt(request, input, ending.attempt, failedAt);
  }

  // A call is worth nothing to anybody but its caller: its retries wait here, as long as that one does, and no more of
  // them than may wait for a worker.
  #worthWaiting({ delay }: Retry, { expires }: RpcInput): boolean {
    if (this.#stopping || this.#waits.size >= this.#mostWaits) return false;
    return expires === undefined || Date.now() + delay < expires;
  }

  get #mostWaits(): number {
    return Math.max(this.#context.config.maxQueue, this.#context.capacity);
  }

  #wait(ms: number, gone: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        release?.();
        this.#waits.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      const release = gone && onAbort(gone, wake);
      this.#waits.add(wake);
    });
  }
}
