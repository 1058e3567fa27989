import { subprotocols } from '../../wire/subprotocols.js';
import type { Protocol } from './protocol.js';

/** What a client speaks; `unclear` until it has sent something of which that can be told. */
export type Dialect = 'json-rpc' | 'seed' | 'unclear';

/** Tells by the subprotocol, else by the shape of a message. */
export function dialectOf(subprotocol: string, text: string): Dialect {
  if (subprotocol === subprotocols.seed) return 'seed';
  if (subprotocol !== '') return 'json-rpc';
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    // The original takes NaN, which is no JSON; a request of JSON-RPC that is cut off still bears its name.
    return text.includes('"jsonrpc"') ? 'json-rpc' : text.includes('"command"') ? 'seed' : 'unclear';
  }
  return isCommand(message) ? 'seed' : 'json-rpc';
}

function isCommand(message: unknown): boolean {
  if (typeof message !== 'object' || message === null || 'jsonrpc' in message) return false;
  return ['command', 'command_args', 'command_kwargs'].some((key) => Object.hasOwn(message, key));
}

/** Finds out what a connection speaks and leaves it to that. */
export class UndecidedProtocol implements Protocol {
  readonly #subprotocol: string;
  readonly #protocols: Readonly<Record<'json-rpc' | 'seed', Protocol>>;
  #chosen: Protocol | undefined;

  constructor(subprotocol: string, protocols: Readonly<Record<'json-rpc' | 'seed', Protocol>>) {
    this.#subprotocol = subprotocol;
    this.#protocols = protocols;
  }

  receive(text: string): void {
    if (!this.#chosen) {
      const dialect = dialectOf(this.#subprotocol, text);
      // The original answers what is no JSON; the next message may tell more.
      if (dialect === 'unclear') {
        this.#protocols.seed.receive(text);
        return;
      }
      this.#chosen = this.#protocols[dialect];
    }
    this.#chosen.receive(text);
  }

  end(): void {
    for (const protocol of Object.values(this.#protocols)) protocol.end();
  }
}
