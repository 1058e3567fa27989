// What transports of remote calls share. No transport, and nothing of Node: browsers load it, too.

export { FrameworkError, type KnownErrorClass, knownError } from '../errors/errors.js';
export { RemoteError } from '../errors/remote-error.js';
export type { WireError } from '../errors/wire-error.js';
export { answerOf, failure, type RpcAnswer, type RpcFailure } from './answer.js';
export { readCallIdStack, sentCallIdStack } from './call-id-stack.js';
export {
  RpcBadArgumentsError,
  RpcBusyError,
  RpcConnectionLostError,
  RpcCrashedError,
  RpcProtocolError,
  RpcTimeoutError,
  RpcUnauthorizedError,
  RpcUnknownTargetError,
  RpcUnreachableError,
  RpcUnsendableError,
} from './errors/call-errors.js';
export { RpcError, reviveError } from './errors/rpc-error.js';
export { type PendingCall, PendingCalls } from './pending-calls.js';
export type {
  Called,
  Injected,
  Jsonified,
  RpcCallOptions,
  RpcMethod,
  RpcService,
  RpcTargets,
} from './rpc-service.js';
export { parsePythonJson, stringifyPythonJson } from './seed/python-json.js';
export {
  keyError,
  malformed,
  readSeedException,
  readSeedRequest,
  readSeedTarget,
  type SeedException,
  type SeedRequest,
  type SeedTarget,
  seedCommands,
  seedException,
  seedTarget,
} from './seed/seed-messages.js';
export { createRpcService, type RpcCaller } from './service-proxy.js';
export { type Binding, bindArguments, type GivenArguments } from './signature/bind-arguments.js';
export { nameParameters, type Parameter, readSignature, type Signature } from './signature/signature.js';
export type { TargetInfo } from './signature/target-info.js';
export { findTarget } from './target-directory.js';
