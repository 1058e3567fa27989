import type { Logger } from '@micro-framework/core';
import { failure, type RpcAnswer, readCallIdStack } from '@micro-framework/core/rpc';
import {
  codeOfFailure,
  errorCodes,
  errorText,
  isReservedCode,
  type JsonRpcError,
  type JsonRpcId,
  type JsonRpcRequest,
  readRequest,
  resultText,
} from '../../wire/json-rpc.js';
import type { Connection } from '../connection/connection.js';
import type { Offer } from '../offer.js';
import { type BatchAnswers, OpenBatches } from './batch-answers.js';
import { openRpcDocument } from './open-rpc.js';
import { notHandled, type Protocol } from './protocol.js';

/** An answer's text; nothing for a notification. */
type Reply = string | undefined;

/** What it is made with beside its connection. */
export interface JsonRpcProtocolParts {
  readonly offer: Offer;
  readonly log: Logger;
  readonly maxBatch: number;
  /** What is kept of the answers of batches, in characters; one answer may be longer. */
  readonly maxBuffered: number;
}

/** JSON-RPC 2.0: requests, notifications and batches; calls of one connection run at the same time. */
export class JsonRpcProtocol implements Protocol {
  readonly #connection: Connection;
  readonly #offer: Offer;
  readonly #log: Logger;
  readonly #maxBatch: number;
  readonly #batches: OpenBatches;

  constructor(connection: Connection, { offer, log, maxBatch, maxBuffered }: JsonRpcProtocolParts) {
    this.#connection = connection;
    this.#offer = offer;
    this.#log = log;
    this.#maxBatch = maxBatch;
    this.#batches = new OpenBatches(maxBuffered);
  }

  receive(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      this.#send(errorText(null, { code: errorCodes.parseError, message: 'this is not JSON' }));
      return;
    }
    if (Array.isArray(message)) void this.#batch(message);
    else this.#whenReady(this.#single(message, this.#connection.gone), (reply) => this.#send(reply));
  }

  end(): void {
    this.#batches.giveUp();
  }

  /** Never rejects. */
  async #batch(messages: readonly unknown[]): Promise<void> {
    const most = this.#maxBatch;
    if (messages.length === 0) return this.#send(invalid('a batch has at least one request'));
    if (messages.length > most) return this.#send(invalid(`a batch has at most ${most} requests`));
    const kept = this.#batches.begin();
    try {
      const replies = await Promise.all(messages.map((message) => this.#oneOf(kept, message)));
      const answers = replies.filter((reply) => reply !== undefined);
      if (answers.length > 0) this.#send(`[${answers.join(',')}]`);
    } catch (err) {
      // Where as much may be kept as makes no one text any more, above all.
      this.#send(replyOf(null, this.#unhandled(err)));
    } finally {
      this.#batches.end(kept);
    }
  }

  async #oneOf(kept: BatchAnswers, message: unknown): Promise<Reply> {
    const reply = await this.#single(message, kept.over);
    if (reply === undefined || kept.keep(reply)) return reply;
    const error = { code: errorCodes.internalError, message: tooLong(this.#batches.most) };
    return errorText(readRequest(message).id ?? null, error);
  }

  /**
   * Never throws, nor rejects.
   *
   * @param gone - aborts once nobody waits for its answer any more
   */
  #single(message: unknown, gone: AbortSignal): Reply | Promise<Reply> {
    const request = readRequest(message);
    if ('problem' in request) return invalid(request.problem, request.id);
    const { id } = request;
    if (!this.#connection.enter()) {
      return id === undefined ? undefined : errorText(id, { code: errorCodes.busy, message: tooMany });
    }
    try {
      const answer = this.#answer(request, gone);
      if (!(answer instanceof Promise)) return this.#settled(id, answer);
      return answer.then(
        (settled) => this.#settled(id, settled),
        (err) => this.#settled(id, this.#unhandled(err)),
      );
    } catch (err) {
      return this.#settled(id, this.#unhandled(err));
    }
  }

  #settled(id: JsonRpcId | undefined, answer: RpcAnswer): Reply {
    this.#connection.leave();
    try {
      return replyOf(id, answer);
    } catch (err) {
      return replyOf(id, this.#unhandled(err));
    }
  }

  #unhandled(err: unknown): RpcAnswer {
    this.#log.error({ err, address: this.#connection.address }, notHandled.log);
    return failure('internal', notHandled.answer);
  }

  #answer({ id, method, params, meta }: JsonRpcRequest, gone: AbortSignal): RpcAnswer | Promise<RpcAnswer> {
    const { principal } = this.#connection;
    if (method === 'rpc.discover') return this.#discover(principal);
    const { timeout, callIdStack } = (typeof meta === 'object' && meta !== null ? meta : {}) as Readonly<
      Record<string, unknown>
    >;
    const answer = this.#offer.call(method, {
      positional: Array.isArray(params) ? params : [],
      named: Array.isArray(params) ? {} : (params as Readonly<Record<string, unknown>>),
      timeout: isTimeout(timeout) ? timeout : undefined,
      callIdStack: readCallIdStack(callIdStack),
      principal,
      json: 'plain',
      // For the answer of a notification nobody has waited from the start.
      ...(id !== undefined && { gone }),
    });
    return answer instanceof Promise ? answer : this.#suggested(method, answer);
  }

  #suggested(method: string, answer: RpcAnswer): RpcAnswer {
    if (answer.kind !== 'error' || answer.failure !== 'unknown-target') return answer;
    const close = this.#offer.near(method);
    return close ? failure(answer.failure, `${answer.error.message} Did you mean ${close}?`) : answer;
  }

  async #discover(principal: unknown): Promise<RpcAnswer> {
    const document = openRpcDocument(this.#offer.service, await this.#offer.targets(principal));
    return { kind: 'result', value: JSON.stringify(document) };
  }

  #whenReady(reply: Reply | Promise<Reply>, then: (reply: Reply) => void): void {
    if (reply instanceof Promise) void reply.then(then);
    else then(reply);
  }

  #send(reply: Reply): void {
    if (reply !== undefined) this.#connection.send(reply);
  }
}

const tooMany = 'too many calls of this connection are in flight';

function tooLong(most: number): string {
  return (
    `the answers of this connection's batches are longer than ${most} characters, so this one is not kept; ` +
    'the call may have run: ask for less at a time'
  );
}

function isTimeout(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}

function invalid(problem: string, id: JsonRpcId = null): string {
  return errorText(id, { code: errorCodes.invalidRequest, message: `invalid request: ${problem}` });
}

function replyOf(id: JsonRpcId | undefined, answer: RpcAnswer): Reply {
  if (id === undefined) return undefined;
  return answer.kind === 'result' ? resultText(id, answer.value as string) : errorText(id, errorOf(answer));
}

function errorOf({ failure, error }: Extract<RpcAnswer, { kind: 'error' }>): JsonRpcError {
  const { message, ...data } = error;
  if (failure !== 'failed') return { code: codeOfFailure[failure], message };
  if (error.code === 'RPC_UNSENDABLE') return { code: errorCodes.internalError, message, data };
  const own = error.data?.code;
  const code =
    Number.isSafeInteger(own) && !isReservedCode(own as number) ? (own as number) : errorCodes.application;
  return { code, message, data };
}
