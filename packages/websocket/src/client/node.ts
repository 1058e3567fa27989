// What `@micro-framework/websocket/client` is in Node: the same names, over `ws`.

import { BaseRpcClient } from './base-rpc-client.js';
import type { RpcClientOptions } from './options.js';
import { nodeSocket } from './socket/node-socket.js';

export {
  RemoteError,
  RpcBadArgumentsError,
  RpcBusyError,
  RpcConnectionLostError,
  RpcCrashedError,
  RpcError,
  RpcProtocolError,
  RpcTimeoutError,
  RpcUnauthorizedError,
  RpcUnknownTargetError,
  RpcUnreachableError,
  RpcUnsendableError,
} from '@micro-framework/core/rpc';
export { BaseRpcClient } from './base-rpc-client.js';

/** A client over `ws`. */
export class RpcClient extends BaseRpcClient {
  /**
   * @param url - `ws://host:port` or `wss://host:port`
   * @throws `RpcUnreachableError` for a URL where nothing can be
   */
  constructor(url: string, options: RpcClientOptions = {}) {
    super(url, options, nodeSocket(options));
  }
}
