import {
  keyError,
  malformed,
  parsePythonJson,
  type RpcAnswer,
  readSeedRequest,
  type SeedException,
  type SeedRequest,
  seedAnswerText,
  seedCommands,
  seedExceptionText,
  seedTarget,
} from '@micro-framework/core/rpc';
import type { Connection } from '../connection/connection.js';
import type { Offer } from '../offer.js';
import type { Protocol } from './protocol.js';

/**
 * What the Python original speaks: a command, an answer. It has no ids, so the calls of a connection run one at a time, and
 * are answered in order.
 */
export class SeedProtocol implements Protocol {
  readonly #connection: Connection;
  readonly #offer: Offer;
  #before: Promise<void> = Promise.resolve();

  constructor(connection: Connection, offer: Offer) {
    this.#connection = connection;
    this.#offer = offer;
  }

  receive(text: string): void {
    if (!this.#connection.enter()) {
      // No answer can overtake those that wait.
      this.#connection.close(1008, 'too many requests wait for their answers');
      return;
    }
    this.#before = this.#before.then(async () => {
      this.#connection.send(await this.#answer(text));
      this.#connection.leave();
    });
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
    const targets = await this.#offer.targets(this.#connection.principal);
    return seedAnswerText({ kind: 'result', value: JSON.stringify(targets.map(seedTarget)) });
  }

  async #get({ positional, named }: SeedRequest): Promise<string> {
    const wanted = String(positional[0] ?? named.target ?? '');
    const targets = await this.#offer.targets(this.#connection.principal);
    const found = targets.find(({ target }) => target === wanted);
    return found
      ? seedAnswerText({ kind: 'result', value: JSON.stringify(seedTarget(found)) })
      : seedExceptionText(keyError(wanted));
  }

  async #call({ command, positional, named }: SeedRequest): Promise<RpcAnswer> {
    return this.#offer.call(command, {
      positional,
      named,
      timeout: undefined,
      callIdStack: [],
      principal: this.#connection.principal,
      json: 'python',
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
