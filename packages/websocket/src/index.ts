// Call.
export type { WebSocketRpcClientOptions } from './call/address.js';
export { WebSocketRpcClient } from './call/websocket-rpc-client.js';
export type { RpcClientOptions } from './client/options.js';
export type { ClientSocket, OpenSocket, SocketEnd, SocketEvents } from './client/socket/socket.js';
// Errors.
export { ListenError } from './errors.js';
// Serve.
export type { WebSocketLimits, WebSocketOptions } from './serve/options.js';
export { WebSocketRpc, type WebSocketRpcOptions } from './serve/websocket-rpc.js';

// Settings are known once the package is loaded.
import './settings.js';
