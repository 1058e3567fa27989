import {
  annotate,
  type EntrypointDecorator,
  type EntrypointDefinition,
  type Reception,
  type Route,
  type RouteOptions,
} from '@micro-framework/core';
import { encodeResult, type RpcInput } from './rpc-input.js';

/** Options of `@WebSocketRpc`. */
export interface WebSocketRpcOptions extends RouteOptions {
  /** What it is called by. Default: `Class.method`, or the function's name. */
  readonly name?: string;
  /** What it does, for those who ask: `info`, `rpc.discover`, `__list_targets__`. */
  readonly description?: string;
  /**
   * Its parameters as callers see them, in order, without what is injected: `'symbol'` must be given, `'currency?'` may be
   * left out. Default: the names in the method's source, all of which may be left out, since TypeScript's `?` is gone at
   * run time. Where a minifier renames parameters, callers need this to give arguments by name.
   */
  readonly params?: readonly string[];
}

const entrypoint: EntrypointDefinition<WebSocketRpcOptions> = {
  kind: 'WebSocketRpc',
  optionNames: ['name', 'description', 'params'],
  returns: true,
  check,
  claims: (route) => [`the WebSocket target ${nameOf(route)}`],

  async create(context) {
    // The driver is for the main side only.
    const { RpcRoute } = await import('./rpc-route.js');
    return new RpcRoute(context, nameOf(context.route));
  },

  receive(input: unknown): Reception {
    const { args, expires } = input as RpcInput;
    // It waited for a worker until its caller had given it up.
    if (expires !== undefined && expires <= Date.now()) return { kind: 'filtered' };
    return { kind: 'call', args };
  },

  encode: (value, input) => encodeResult(value, input as RpcInput),
};

/**
 * Offers the method to remote callers over WebSocket, as `Class.method`: to JSON-RPC 2.0 clients, to
 * `WebSocketRpcClient` and `@micro-framework/websocket/client`, and to those of the Python original. What it returns, or
 * throws, is the answer. Nothing else of the class can be called.
 *
 * @example
 * ```ts
 * @WebSocketRpc({ description: 'The last price of a symbol.' })
 * price(symbol: string, currency = 'USD') { return quotes.get(symbol, currency); }
 * ```
 */
export function WebSocketRpc(options: WebSocketRpcOptions = {}): EntrypointDecorator {
  return annotate(entrypoint, options);
}

function nameOf({ target, entrypoint: { options } }: Route<WebSocketRpcOptions>): string {
  return options.name ?? target;
}

function check({ name, description, params }: WebSocketRpcOptions): readonly string[] {
  const faults: string[] = [];
  if (name !== undefined && !isName(name))
    faults.push('its name is none: write 1 to 255 characters without blanks.');
  if (name?.startsWith('rpc.') || name?.startsWith('__'))
    faults.push(`its name is '${name}', but names with rpc. or __ at the front are the protocols' own.`);
  if (description !== undefined && typeof description !== 'string')
    faults.push('its description is no text.');
  if (params !== undefined && !areNames(params))
    faults.push("its params are no names: write a list such as ['symbol', 'currency?'], each name once.");
  return faults;
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && /^\S{1,255}$/.test(name);
}

function areNames(params: unknown): boolean {
  if (!Array.isArray(params)) return false;
  const names = params.map((name) => (typeof name === 'string' ? name.replace(/\?$/, '') : ''));
  return names.every((name) => name !== '') && new Set(names).size === names.length;
}
