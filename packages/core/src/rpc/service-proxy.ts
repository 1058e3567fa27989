import type { RpcCallOptions, RpcMethod, RpcService } from './rpc-service.js';
import type { TargetInfo } from './signature/target-info.js';

/** What a transport does for the proxies of a remote service. */
export interface RpcCaller {
  /** Calls a method of the service and resolves with its result. */
  call(method: string, args: readonly unknown[], options: RpcCallOptions): Promise<unknown>;
  /** Calls it without wanting an answer. */
  notify(method: string, args: readonly unknown[]): Promise<void>;
  /** Asks what the other side offers. */
  targets(): Promise<readonly TargetInfo[]>;
  /** What the last `targets` told of a method. Throws an `RpcUnknownTargetError` where it told nothing. */
  info(method: string): TargetInfo;
}

// A proxy that is awaited, or printed as JSON, is not asked for a method of that name.
const askedByOthers: ReadonlySet<string> = new Set(['then', 'toJSON']);

/** Makes the object that feels like the remote service. Methods are made when they are first asked for, and kept. */
export function createRpcService<T>(caller: RpcCaller): RpcService<T> {
  const methods = new Map<string, RpcMethod>();
  const targets = { targets: () => caller.targets() };
  return new Proxy(targets, {
    get: (_, name) => {
      if (name === 'targets') return targets.targets;
      if (typeof name !== 'string' || askedByOthers.has(name)) return undefined;
      const made = methods.get(name) ?? createMethod(caller, name);
      methods.set(name, made);
      return made;
    },
  }) as unknown as RpcService<T>;
}

function createMethod(caller: RpcCaller, name: string): RpcMethod {
  const method = (...args: unknown[]): Promise<unknown> => caller.call(name, args, {});
  return Object.defineProperties(method, {
    call: { value: (args: readonly unknown[], options = {}) => caller.call(name, args, options) },
    notify: { value: (...args: unknown[]) => caller.notify(name, args) },
    info: { get: () => caller.info(name) },
  }) as unknown as RpcMethod;
}
