import { type Logger, nearest } from '@micro-framework/core';
import { failure, type RpcAnswer, type RpcRequest, type TargetInfo } from '@micro-framework/core/rpc';
import type { WebSocketOptions } from './options.js';
import type { RpcRoute } from './rpc-route.js';

/** What can be called, and by whom. */
export class Offer {
  /** The name of the service. */
  readonly service: string;
  readonly #routes = new Map<string, RpcRoute>();
  readonly #authorize: ((principal: unknown, route: TargetInfo) => boolean | Promise<boolean>) | undefined;
  readonly #log: Logger;

  constructor(service: string, { authorize }: Pick<WebSocketOptions, 'authorize'>, log: Logger) {
    this.service = service;
    this.#authorize = authorize as ((principal: unknown, route: TargetInfo) => boolean) | undefined;
    this.#log = log;
  }

  add(route: RpcRoute): void {
    this.#routes.set(route.name, route);
  }

  /** Calls a target by its name. Never rejects. */
  call(name: string, request: RpcRequest): RpcAnswer | Promise<RpcAnswer> {
    const route = this.#routes.get(name);
    if (!route)
      return failure(
        'unknown-target',
        `${shortened(name)} does not exist or is not exposed through a RPC method.`,
      );
    if (!this.#authorize) return route.call(request);
    return this.#mayCall(route, request.principal).then((may) =>
      may ? route.call(request) : failure('unauthorized', `${name}: you may not call it`),
    );
  }

  /** The target that was probably meant by a name that none has. Nothing where not everybody may know of all targets. */
  near(name: string): string | undefined {
    if (this.#authorize || name.length > longestComparison) return undefined;
    return nearest(name, [...this.#routes.keys()]);
  }

  /** What the principal may call. */
  async targets(principal: unknown): Promise<readonly TargetInfo[]> {
    const found: TargetInfo[] = [];
    for (const route of this.#routes.values()) {
      if (!this.#authorize || (await this.#mayCall(route, principal))) found.push(route.info);
    }
    return found;
  }

  async #mayCall(route: RpcRoute, principal: unknown): Promise<boolean> {
    try {
      // Anything but `true`, such as a forgotten return, is a no.
      return (await this.#authorize?.(principal, route.info)) === true;
    } catch (err) {
      this.#log.error({ err, route: route.name }, 'authorize failed: the call is refused');
      return false;
    }
  }
}

// Comparing takes time by the length of the name, which the caller chooses.
const longestComparison = 100;

function shortened(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200)}...` : name;
}
