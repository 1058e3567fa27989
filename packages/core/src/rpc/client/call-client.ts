import type { WireError } from '../../errors/wire-error.js';
import { RpcProtocolError } from '../errors/call-errors.js';
import type { RpcService } from '../rpc-service.js';
import { createRpcService } from '../service-proxy.js';
import type { TargetInfo } from '../signature/target-info.js';
import { encodeArguments } from './call-error.js';
import type { CallCarrier, CarrierEvents } from './carrier.js';
import type { CallClientOptions, ClientCallOptions } from './client-options.js';
import { Directory } from './directory.js';
import { OpenCalls } from './open-calls.js';

/** What a client is made with. */
export interface CallClientParts {
  /** The other side, for messages. */
  readonly where: string;
  readonly options: Required<CallClientOptions>;
  /** What calls are put on the wire by. */
  readonly dialect: CallDialect;
  /** Makes what carries the calls. */
  createCarrier(events: CarrierEvents): CallCarrier;
  /** Makes an error of what a handler threw. */
  revive(error: WireError): Error;
}

/** What of a protocol a client has to know. */
export interface CallDialect {
  /** Whether a call can be sent without wanting an answer. Else one comes, and nobody is told of it. */
  readonly notifies: boolean;
  /** How the other side is asked for its targets; undefined where it cannot be: methods are then targets themselves. */
  readonly directory: DirectoryDialect | undefined;
}

/** How a protocol tells of targets. */
export interface DirectoryDialect {
  /** What is called for them. */
  readonly call: string;
  /** Reads the answer to that. Throws when it makes no sense. */
  read(value: unknown): readonly TargetInfo[];
}

/** A client of another service, over whatever transport: it calls targets by their names, and methods of its classes. */
export class CallClient {
  readonly #calls: OpenCalls;
  readonly #dialect: CallDialect;
  readonly #directory: Directory;

  constructor({ where, options, dialect, createCarrier, revive }: CallClientParts) {
    this.#dialect = dialect;
    this.#directory = new Directory(where, () => this.targets());
    this.#calls = new OpenCalls({
      where,
      options,
      notifies: dialect.notifies,
      createCarrier,
      revive,
      // What it offers has changed.
      targetGone: () => this.#directory.forget(),
    });
  }

  /** Calls that are not settled yet. */
  get pending(): number {
    return this.#calls.pending;
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
      call: (method, args, options) => {
        try {
          return this.callMethod(name, method, encodeArguments(method, args), options);
        } catch (error) {
          return Promise.reject(error);
        }
      },
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
    return this.#calls.call(target, encodeArguments(target, args), options);
  }

  /** Calls a target without wanting an answer: resolves when the call is handed to the connection. */
  async notify(
    target: string,
    args: readonly unknown[] = [],
    options: ClientCallOptions = {},
  ): Promise<void> {
    return this.#calls.notify(target, encodeArguments(target, args), options);
  }

  /** What the other side offers, to this client. */
  async targets(options: ClientCallOptions = {}): Promise<readonly TargetInfo[]> {
    const { directory } = this.#dialect;
    if (!directory) throw new RpcProtocolError(`${this.#calls.where}: its protocol does not tell of targets`);
    const answer = await this.#calls.call(directory.call, '[]', options);
    try {
      const offered = directory.read(answer);
      this.#directory.learn(offered);
      return offered;
    } catch (cause) {
      throw new RpcProtocolError(`${this.#calls.where}: what it tells of its targets makes no sense`, {
        cause,
      });
    }
  }

  /** Closes the connection. Calls that are open reject with an `RpcUnreachableError`. */
  close(): Promise<void> {
    return this.#calls.close();
  }

  /** @internal Calls a method of a service; the arguments are a JSON array. */
  callMethod(
    service: string | undefined,
    method: string,
    params: string,
    options: ClientCallOptions,
  ): Promise<unknown> {
    const target = this.#known(service, method);
    if (target !== undefined) return this.#calls.call(target, params, options);
    const from = performance.now();
    return this.#directory.find(method, options).then((found) => {
      const { timeout } = options;
      const left = timeout === undefined ? {} : { timeout: timeout - (performance.now() - from) };
      return this.#calls.call(found, params, { ...options, ...left });
    });
  }

  /** @internal Calls a method of a service without wanting an answer. */
  async notifyMethod(
    service: string | undefined,
    method: string,
    params: string,
    options: ClientCallOptions,
  ): Promise<void> {
    const target = this.#known(service, method) ?? (await this.#directory.find(method, options));
    await this.#calls.notify(target, params, options);
  }

  #known(service: string | undefined, method: string): string | undefined {
    return this.#dialect.directory ? this.#directory.known(service, method) : method;
  }
}
