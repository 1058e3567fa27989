import { RpcTimeoutError, RpcUnknownTargetError } from '../errors/call-errors.js';
import type { RpcCallOptions } from '../rpc-service.js';
import type { TargetInfo } from '../signature/target-info.js';
import { findTarget } from '../target-directory.js';
import { patiently } from './patience.js';

/** What the other side offers, as it told last, and what the methods of its services are called on the wire. */
export class Directory {
  readonly #where: string;
  readonly #ask: () => Promise<readonly TargetInfo[]>;
  readonly #found = new Map<string, string>();
  #offered: readonly TargetInfo[] | undefined;
  #asking: Promise<readonly TargetInfo[]> | undefined;

  /** @param ask - asks the other side */
  constructor(where: string, ask: () => Promise<readonly TargetInfo[]>) {
    this.#where = where;
    this.#ask = ask;
  }

  /** The other side told. */
  learn(offered: readonly TargetInfo[]): void {
    this.#offered = offered;
    this.#found.clear();
  }

  /** What was told no longer holds. */
  forget(): void {
    this.#offered = undefined;
    this.#found.clear();
  }

  /** What is called by a method of a service; undefined where the other side has to be asked first. */
  known(service: string | undefined, method: string): string | undefined {
    if (service !== undefined) return wireName(service, method);
    return this.#found.get(method);
  }

  /** The same, asking where it must. Many that ask at once ask once. */
  async find(method: string, options: RpcCallOptions): Promise<string> {
    const offered = this.#offered ?? (await this.#told(method, options));
    const { target } = findTarget(offered, method, this.#where);
    this.#found.set(method, target);
    return target;
  }

  /** What was told of a method. Throws an `RpcUnknownTargetError` where nothing was. */
  info(service: string | undefined, method: string): TargetInfo {
    if (this.#offered) {
      return findTarget(
        this.#offered,
        service === undefined ? method : wireName(service, method),
        this.#where,
      );
    }
    throw new RpcUnknownTargetError(
      `${this.#where}: nothing is known of ${method} yet. Await targets() once before you ask for info.`,
    );
  }

  #told(method: string, options: RpcCallOptions): Promise<readonly TargetInfo[]> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    const late = (): Error =>
      new RpcTimeoutError(`${this.#where}: it did not tell in time which of its targets ${method} is`);
    return patiently(this.#asking, options, late);
  }
}

function wireName(service: string, method: string): string {
  return service === '' ? method : `${service}.${method}`;
}
