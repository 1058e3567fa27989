import type { Logger } from '@micro-framework/core';
import {
  failure,
  keyError,
  malformed,
  parsePythonJson,
  type RpcAnswer,
  readSeedRequest,
  readSeedTargetName,
  type SeedException,
  type SeedRequest,
  seedAnswerText,
  seedCommands,
  seedExceptionText,
  seedTarget,
} from '@micro-framework/core/rpc';
import type { Connection } from '../connection/connection.js';
import type { Offer } from '../offer.js';
import { notHandled, type Protocol } from './protocol.js';

/** What it is made with beside its connection. */
export interface SeedProtocolParts {
  readonly offer: Offer;
  readonly log: Logger;
  /** What may wait, in characters; one message may be longer. */
  readonly maxBuffered: number;
}

/**
 * What the Python original speaks: a command, an answer. It has no ids, so the calls of a connection run one at a time, and
 * are answered in order.
 */
export class SeedProtocol implements Protocol {
  readonly #connection: Connection;
  readonly #parts: SeedProtocolParts;
  readonly #waiting: string[] = [];
  #waitingLength = 0;
  #working = false;

  constructor(connection: Connection, parts: SeedProtocolParts) {
    this.#connection = connection;
    this.#parts = parts;
  }

  receive(text: string): void {
    const { maxBuffered } = this.#parts;
    const isTooMuch = this.#waitingLength > 0 && this.#waitingLength + text.length > maxBuffered;
    if (isTooMuch || !this.#connection.enter()) {
      // No answer can overtake those that wait.
      this.#connection.close(1008, 'too many requests wait for their answers');
      return;
    }
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (!this.#working) void this.#work();
  }

  end(): void {
    for (const _ of this.#waiting.splice(0)) this.#connection.leave();
    this.#waitingLength = 0;
  }

  /** Answers what waits, one after the other. Never rejects. */
  async #work(): Promise<void> {
    this.#working = true;
    for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) {
      this.#waitingLength -= text.length;
      const answer = await this.#answer(text).catch((err: unknown) => this.#unhandled(err));
      this.#connection.leave();
      this.#connection.send(answer);
      // It may be saying goodbye itself.
      if (!this.#connection.isOpen) this.end();
    }
    this.#working = false;
  }

  #unhandled(err: unknown): string {
    this.#parts.log.error({ err, address: this.#connection.address }, notHandled.log);
    return seedAnswerText(failure('internal', notHandled.answer));
  }

  async #answer(text: string): Promise<string> {
    const request = read(text);
    if ('exception' in request) return seedExceptionText(request);
    switch (request.command) {
      case seedCommands.list:
        return this.#list();
      case seedCommands.get:
        return this.#get(request);
      default:
        return seedAnswerText(await this.#call(request));
    }
  }

  async #list(): Promise<string> {
    const targets = await this.#parts.offer.targets(this.#connection.principal);
    return seedAnswerText({ kind: 'result', value: JSON.stringify(targets.map(seedTarget)) });
  }

  async #get(request: SeedRequest): Promise<string> {
    const wanted = readSeedTargetName(request);
    if (typeof wanted !== 'string') return seedExceptionText(wanted);
    const targets = await this.#parts.offer.targets(this.#connection.principal);
    const found = targets.find(({ target }) => target === wanted);
    return found
      ? seedAnswerText({ kind: 'result', value: JSON.stringify(seedTarget(found)) })
      : seedExceptionText(keyError(wanted));
  }

  async #call({ command, positional, named }: SeedRequest): Promise<RpcAnswer> {
    const { principal, gone } = this.#connection;
    return this.#parts.offer.call(command, {
      positional,
      named,
      timeout: undefined,
      callIdStack: [],
      principal,
      json: 'python',
      gone,
    });
  }
}

function read(text: string): SeedRequest | SeedException {
  try {
    return readSeedRequest(parsePythonJson(text));
  } catch {
    return malformed(text);
  }
}
