import { CallClient, RpcUnreachableError, reviveError, type WireError } from '@micro-framework/core/rpc';
import { dialectOf } from './dialect/dialects.js';
import { defaultOptions, type RpcClientOptions } from './options.js';
import { Link, type LinkState } from './socket/link.js';
import type { OpenSocket } from './socket/socket.js';
import { SocketCarrier } from './socket/socket-carrier.js';
import { urlFault } from './socket/url-fault.js';

/**
 * A client of one address. It connects at the first call, keeps one connection for all calls, and makes it again, with
 * back-off, when it is lost and wanted.
 *
 * @example
 * ```ts
 * const client = new RpcClient('ws://127.0.0.1:8765', { timeout: 2_000 });
 * const quotes = client.service<Quotes>();
 * console.log(await quotes.price('A'));
 * await client.close();
 * ```
 */
export abstract class BaseRpcClient extends CallClient {
  /** The address. */
  readonly url: string;
  readonly #link: Link;

  /**
   * @param revive - makes an error of what a handler threw. Default: one of its class, where that is registered.
   * @throws `RpcUnreachableError` for a URL where nothing can be; what `openSocket` makes of one is its own affair
   */
  protected constructor(
    url: string,
    options: RpcClientOptions,
    openSocket: OpenSocket,
    revive: (error: WireError) => Error = reviveError,
  ) {
    const fault = options.openSocket ? undefined : urlFault(url);
    if (fault !== undefined) throw new RpcUnreachableError(`${url} ${fault}.`);
    const whole = { ...defaultOptions, ...options };
    const dialect = dialectOf(whole.protocol);
    const link = new Link(url, dialect.subprotocols, options.openSocket ?? openSocket);
    super({
      where: url,
      options: { ...whole, maxInFlight: Math.min(whole.maxInFlight, dialect.maxInFlight) },
      dialect,
      createCarrier: (events) => new SocketCarrier({ link, dialect, maxRequest: whole.maxRequest }, events),
      revive,
    });
    this.url = url;
    this.#link = link;
  }

  /** Where the connection is: `idle` until something is called. */
  get state(): LinkState {
    return this.#link.state;
  }
}
