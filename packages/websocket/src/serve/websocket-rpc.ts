import { annotate, type EntrypointDecorator, type EntrypointDefinition } from '@micro-framework/core';
import { type TargetOptions, targetEntrypoint, targetName } from '@micro-framework/core/rpc';

/** Options of `@WebSocketRpc`. */
export interface WebSocketRpcOptions extends TargetOptions {}

const entrypoint: EntrypointDefinition<WebSocketRpcOptions> = {
  ...targetEntrypoint,
  kind: 'WebSocketRpc',
  claims: (route) => [`the WebSocket target ${targetName(route)}`],

  async create(context) {
    // The driver is for the main side only.
    const { RpcRoute } = await import('./rpc-route.js');
    return new RpcRoute(context, targetName(context.route));
  },
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
