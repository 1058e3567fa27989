/** What a connection can be opened for. Without one, the shape of the first message tells. */
export const subprotocols = {
  /** JSON-RPC 2.0 with the member `meta` in requests: call-id stack and patience of the caller. */
  own: 'micro-framework.jsonrpc',
  /** JSON-RPC 2.0 as it is written. */
  jsonRpc: 'jsonrpc-2.0',
  /** That of the Python original, which itself names none. */
  seed: 'ufw',
} as const;
