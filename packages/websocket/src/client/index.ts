// The client by itself, for browsers and programs that are no service: nothing of Node is in here.

import { RpcUnsendableError } from '@micro-framework/core/rpc';
import { BaseRpcClient } from './base-rpc-client.js';
import type { RpcClientOptions } from './options.js';
import { openWebSocket } from './socket/web-socket.js';

export {
  CallClient,
  type CallClientOptions,
  type ClientCallOptions,
  RemoteError,
  RpcBadArgumentsError,
  RpcBusyError,
  type RpcCallOptions,
  RpcConnectionLostError,
  RpcCrashedError,
  RpcError,
  type RpcMethod,
  RpcProtocolError,
  type RpcService,
  RpcTimeoutError,
  RpcUnauthorizedError,
  RpcUnknownTargetError,
  RpcUnreachableError,
  RpcUnsendableError,
  type TargetInfo,
} from '@micro-framework/core/rpc';
export { BaseRpcClient } from './base-rpc-client.js';
export type { RpcClientOptions } from './options.js';
export type { LinkState } from './socket/link.js';
export type { ClientSocket, OpenSocket, SocketEnd, SocketEvents } from './socket/socket.js';

/** A client over the WebSocket of the browser. In Node the same import brings one over `ws`. */
export class RpcClient extends BaseRpcClient {
  /**
   * @param url - `ws://host:port` or `wss://host:port`
   * @throws `RpcUnreachableError` for a URL where nothing can be; `RpcUnsendableError` for `headers` and `ca`, which a page cannot choose
   */
  constructor(url: string, options: RpcClientOptions = {}) {
    if (options.headers ?? options.ca) {
      throw new RpcUnsendableError(
        'a page chooses no headers and trusts no authorities: leave out headers and ca',
      );
    }
    super(url, options, openWebSocket);
  }
}
