import type { CallScope } from '../../extend/call-scope.js';
import type { DependencyContext } from '../../extend/dependency.js';
import { onAbort } from '../client/abort-listener.js';
import { encodeArguments } from '../client/call-error.js';
import { Directory } from '../client/directory.js';
import { RpcTimeoutError } from '../errors/call-errors.js';
import { reviveError } from '../errors/rpc-error.js';
import type { RpcCallOptions } from '../rpc-service.js';
import type { RpcCaller } from '../service-proxy.js';
import type { TargetInfo } from '../signature/target-info.js';
import type { Answer, Question } from './questions.js';

/** What a bridged caller is made with. */
export interface BridgedCallerParts {
  /** The other side, for messages. */
  readonly where: string;
  /** The class's name on the wire, if it was given. */
  readonly service: string | undefined;
  /** Milliseconds a call waits, unless it says otherwise. */
  readonly timeout: number;
  /** What travels along of the call that makes another. Default: nothing but its ids and its deadline. */
  headersOf?(running: CallScope): Readonly<Record<string, unknown>>;
  /** Asks the main half. */
  ask(question: Question): Promise<unknown>;
  /** The call that the running code belongs to, if any. */
  currentCall: DependencyContext['currentCall'];
}

// Tickets of all workers meet on the main side.
const firstTicket = Math.floor(Math.random() * 2 ** 48);
let tickets = 0;

/** Calls by way of the main side, in a worker: what the proxies of a remote service call. */
export class BridgedCaller implements RpcCaller {
  readonly #parts: BridgedCallerParts;
  readonly #directory: Directory;

  constructor(parts: BridgedCallerParts) {
    this.#parts = parts;
    this.#directory = new Directory(parts.where, () => this.targets());
  }

  async call(method: string, args: readonly unknown[], options: RpcCallOptions): Promise<unknown> {
    const { signal, idempotent } = options;
    signal?.throwIfAborted();
    const ticket = signal ? firstTicket + ++tickets : undefined;
    const params = encodeArguments(method, args);
    const timeout = this.#timeLeft(method, options.timeout);
    const answer = this.#ask({
      kind: 'call',
      method,
      params,
      timeout,
      idempotent,
      headers: this.#headers(),
      ticket,
    });
    return resultOf(
      await (signal && ticket !== undefined ? this.#abortable(answer, signal, ticket) : answer),
    );
  }

  async notify(method: string, args: readonly unknown[]): Promise<void> {
    const params = encodeArguments(method, args);
    const timeout = this.#timeLeft(method, undefined);
    const headers = this.#headers();
    await this.#ask({
      kind: 'notify',
      method,
      params,
      timeout,
      idempotent: undefined,
      headers,
      ticket: undefined,
    });
  }

  async targets(): Promise<readonly TargetInfo[]> {
    const answer = await this.#ask({ kind: 'targets', timeout: this.#timeLeft('targets', undefined) });
    const targets = answer.kind === 'targets' ? answer.targets : [];
    this.#directory.learn(targets);
    return targets;
  }

  info(method: string): TargetInfo {
    return this.#directory.info(this.#parts.service, method);
  }

  #ask(question: Question): Promise<Answer> {
    return this.#parts.ask(question) as Promise<Answer>;
  }

  #headers(): Readonly<Record<string, unknown>> | undefined {
    const { headersOf, currentCall } = this.#parts;
    const running = headersOf && currentCall();
    return running?.active ? headersOf?.(running) : undefined;
  }

  /** What the call may take: never more than the running call has left itself. */
  #timeLeft(method: string, wanted: number | undefined): number {
    const timeout = wanted ?? this.#parts.timeout;
    const running = this.#parts.currentCall();
    if (!running?.active) return timeout;
    const left = running.context.deadline.getTime() - Date.now();
    if (left <= 0) {
      throw new RpcTimeoutError(
        `${this.#parts.where}: ${method} was not called: the time of the running call is over`,
      );
    }
    return Math.min(timeout, left);
  }

  #abortable(answer: Promise<Answer>, signal: AbortSignal, ticket: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const release = onAbort(signal, () => {
        reject(signal.reason);
        // The main side need not wait for it either. Where it cannot be told, the worker ends, and the wait with it.
        this.#ask({ kind: 'abort', ticket }).catch(() => {});
      });
      answer.then(resolve, reject).finally(release);
    });
  }
}

function resultOf(answer: Answer): unknown {
  if (answer.kind === 'thrown') throw reviveError(answer.error);
  return answer.kind === 'result' ? answer.value : undefined;
}
