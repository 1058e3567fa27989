// What transports of remote calls share. No transport, and nothing of Node: browsers load it, too.

export { FrameworkError, type KnownErrorClass, knownError } from '../errors/errors.js';
export { RemoteError } from '../errors/remote-error.js';
export type { WireError } from '../errors/wire-error.js';
export { writeTogether } from '../extend/write-together.js';
export { answerOf, failure, type RpcAnswer, type RpcFailure } from './answer.js';
export { BridgedCaller, type BridgedCallerParts } from './bridge/bridged-caller.js';
export { BridgedCalls, ThrownRemotely } from './bridge/bridged-calls.js';
export type { Answer, CallQuestion, Question } from './bridge/questions.js';
export { readCallIdStack, sentCallIdStack } from './call-id-stack.js';
export { pauseAfter } from './client/back-off.js';
export {
  CallClient,
  type CallClientParts,
  type CallDialect,
  type DirectoryDialect,
} from './client/call-client.js';
export type {
  AnswerOutcome,
  CallCarrier,
  CarrierEnd,
  CarrierEvents,
  OutgoingCall,
  Refusal,
} from './client/carrier.js';
export {
  type CallClientOptions,
  type ClientCallOptions,
  defaultClientOptions,
} from './client/client-options.js';
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
export { type Fields, isFields } from './fields.js';
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
export { parsePythonJson, type Reviver, stringifyPythonJson } from './seed/python-json.js';
export { readSeedAnswer, seedAnswerText, seedExceptionText } from './seed/seed-answers.js';
export {
  keyError,
  malformed,
  readSeedRequest,
  readSeedTargetName,
  readSeedTargets,
  type SeedException,
  type SeedRequest,
  type SeedTarget,
  seedCommands,
  seedException,
  seedTarget,
} from './seed/seed-messages.js';
export { type RpcRequest, RpcTarget, type RpcTargetParts } from './serve/rpc-target.js';
export { type TargetOptions, targetEntrypoint, targetName } from './serve/target-entrypoint.js';
export { createRpcService, type RpcCaller } from './service-proxy.js';
export { type Binding, bindArguments, type GivenArguments } from './signature/bind-arguments.js';
export { nameParameters, type Parameter, readSignature, type Signature } from './signature/signature.js';
export type { TargetInfo } from './signature/target-info.js';
