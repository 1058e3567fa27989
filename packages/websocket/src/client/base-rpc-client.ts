import {
  createRpcService,
  RpcProtocolError,
  type RpcService,
  reviveError,
  type TargetInfo,
  type WireError,
} from '@micro-framework/core/rpc';
import { CallConnection, type ClientCallOptions } from './call-connection.js';
import { encodeArguments } from './call-error.js';
import type { Dialect } from './dialect.js';
import { dialectOf } from './dialects.js';
import { Directory } from './directory.js';
import type { LinkState } from './link.js';
import { defaultOptions, type RpcClientOptions } from './options.js';
import type { OpenSocket } from './socket.js';

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
export abstract class BaseRpcClient {
  readonly #connection: CallConnection;
  readonly #dialect: Dialect;
  readonly #directory: Directory;

  /** @param revive - makes an error of what a handler threw. Default: one of its class, where that is registered. */
  protected constructor(
    url: string,
    options: RpcClientOptions,
    openSocket: OpenSocket,
    revive: (error: WireError) => Error = reviveError,
  ) {
    const whole = { ...defaultOptions, ...options };
    this.#dialect = dialectOf(whole.protocol);
    this.#directory = new Directory(url, () => this.targets());
    this.#connection = new CallConnection({
      url,
      options: whole,
      dialect: this.#dialect,
      openSocket: options.openSocket ?? openSocket,
      revive,
      // What it offers has changed.
      targetGone: () => this.#directory.forget(),
    });
  }

  /** The address. */
  get url(): string {
    return this.#connection.url;
  }

  /** Where the connection is: `idle` until something is called. */
  get state(): LinkState {
    return this.#connection.state;
  }

  /** Calls that are not settled yet. */
  get pending(): number {
    return this.#connection.pending;
  }

  /**
   * The remote service, typed by its class.
   *
   * @param name - its class's name on the wire; empty where targets have none. Default: the other side is asked for its
   * targets once, and a method is the only one that is called so.
   * @typeParam T - the service class
   */
  service<T>(name?: string): RpcService<T> {
    return createRpcService<T>({
      call: async (method, args, options) =>
        this.callMethod(name, method, encodeArguments(method, args), options),
      notify: async (method, args) => this.notifyMethod(name, method, encodeArguments(method, args), {}),
      targets: () => this.targets(),
      info: (method) => this.#directory.info(name, method),
    });
  }

  /** Calls a target by its name on the wire. */
  async call(
    target: string,
    args: readonly unknown[] = [],
    options: ClientCallOptions = {},
  ): Promise<unknown> {
    return this.#connection.call(target, encodeArguments(target, args), options);
  }

  /** Calls a target without wanting an answer: resolves when the call is handed to the connection. */
  async notify(
    target: string,
    args: readonly unknown[] = [],
    options: ClientCallOptions = {},
  ): Promise<void> {
    return this.#connection.notify(target, encodeArguments(target, args), options);
  }

  /** What the other side offers, to this client. */
  async targets(options: ClientCallOptions = {}): Promise<readonly TargetInfo[]> {
    const answer = await this.#connection.call(this.#dialect.targetsCall, '[]', options);
    try {
      const offered = this.#dialect.readTargets(answer);
      this.#directory.learn(offered);
      return offered;
    } catch (cause) {
      throw new RpcProtocolError(`${this.url}: what it tells of its targets makes no sense`, { cause });
    }
  }

  /** Closes the connection. Calls that are open reject with an `RpcUnreachableError`. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** @internal Calls a method of a service; the arguments are a JSON array. */
  callMethod(
    service: string | undefined,
    method: string,
    params: string,
    options: ClientCallOptions,
  ): Promise<unknown> {
    const target = this.#directory.known(service, method);
    if (target !== undefined) return this.#connection.call(target, params, options);
    const from = performance.now();
    return this.#directory.find(method, options).then((found) => {
      const { timeout } = options;
      const left = timeout === undefined ? {} : { timeout: timeout - (performance.now() - from) };
      return this.#connection.call(found, params, { ...options, ...left });
    });
  }

  /** @internal Calls a method of a service without wanting an answer. */
  async notifyMethod(
    service: string | undefined,
    method: string,
    params: string,
    options: ClientCallOptions,
  ): Promise<void> {
    const target = this.#directory.known(service, method) ?? (await this.#directory.find(method, options));
    await this.#connection.notify(target, params, options);
  }
}
