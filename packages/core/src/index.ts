import 'reflect-metadata';

// Run.
export { type BootstrapOptions, bootstrap } from './bootstrap.js';
// Configure.
export { Config } from './config/config.js';
export type { Settings } from './config/kernel-settings.js';
export { nearest } from './config/nearest.js';
export type { SettingOptions } from './config/read-config.js';
export { defineSettings, type SettingDefinition } from './config/settings.js';
export { wholeNumber } from './config/whole-number.js';
export { type FunctionRoute, type FunctionRouteOptions, route } from './declare/function-route.js';
// Declare: what service classes are annotated with.
export { Inject, type InjectDecorator } from './declare/inject.js';
export {
  Module,
  type ModuleOptions,
  type Provider,
  type WorkerHook,
  type WorkerHookContext,
  type WorkerLimits,
  type WorkerMode,
  type WorkersOptions,
} from './declare/module.js';
export { Service, type ServiceOptions } from './declare/service.js';
export {
  type AnyFunction,
  type Class,
  type DependencyToken,
  dependency,
  type Token,
} from './declare/token.js';
// Errors.
export { BatchError, type BatchFailure } from './errors/batch-error.js';
export { FrameworkError, type KnownErrorClass, knownError, knownErrors } from './errors/errors.js';
export {
  AlreadyRunningError,
  BadInputError,
  BridgeError,
  CallRefusedError,
  ConfigError,
  DependencyUnknownError,
  NotCloneableError,
  ScanError,
  StoppedWhileStartingError,
  TaskTimedOutError,
  WorkerCrashedError,
  WorkerStartError,
} from './errors/kernel-errors.js';
export { RemoteError } from './errors/remote-error.js';
export { fromWireError, toWireError, type WireError } from './errors/wire-error.js';
// Extend: entrypoints, dependencies, and what stands around a call.
export type { CallEnd, CallInfo, CallScope } from './extend/call-scope.js';
export { Deadline } from './extend/deadline.js';
export {
  type DependencyContext,
  type DependencyDefinition,
  type DependencyMain,
  type DependencyWorker,
  defineDependency,
} from './extend/dependency.js';
export {
  annotate,
  type EntrypointContext,
  type EntrypointDecorator,
  type EntrypointDefinition,
  type EntrypointMark,
  type Reception,
  type RouteOptions,
} from './extend/entrypoint.js';
export type { Eventual } from './extend/eventual.js';
export type { Extension, ExtensionContext, SharedDefinition } from './extend/extension.js';
export {
  type HealthDetail,
  type HealthPart,
  type HealthReport,
  type HealthStatus,
  healthOfSome,
  worstHealth,
} from './extend/health.js';
export type { Interceptor, InterceptorLike, Translator, TranslatorLike } from './extend/interceptor.js';
export {
  type Candidacy,
  type Leadership,
  type LeadershipProvider,
  provideLeadership,
} from './extend/leadership.js';
export { Logger } from './extend/logger.js';
export { writeTogether } from './extend/write-together.js';
// Inject: what handlers can ask for.
export { BackOffData } from './handle/back-off-data.js';
export { CallContext, type MessageContext } from './handle/call-context.js';
export type { Route, Target } from './route/route.js';
// Remote calls. What else their transports share is in '@micro-framework/core/rpc'.
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
} from './rpc/errors/call-errors.js';
export { RpcError } from './rpc/errors/rpc-error.js';
export type {
  Called,
  Injected,
  Jsonified,
  RpcCallOptions,
  RpcMethod,
  RpcService,
  RpcTargets,
} from './rpc/rpc-service.js';
export type { Parameter, Signature } from './rpc/signature/signature.js';
export type { TargetInfo } from './rpc/signature/target-info.js';
export type { CallRequest } from './run/call.js';
export type { DeadLetterReason, Ending } from './run/ending.js';
export { exitCodes } from './run/exit.js';
export { type OpenDependency, openDependency } from './run/open-dependency.js';
export type { RefusedReason } from './run/outcome.js';
export {
  type BackOff,
  type BackOffContext,
  defaultMaxRetries,
  type IntervalSchedule,
  intervalOf,
  longestInterval,
} from './run/retry-policy.js';
export type { RouteCounts } from './run/route-counts.js';
export type { Runner, RunnerState, RunningRoute, ServiceHealth } from './run/runner.js';
// Timers.
export { Timer, type TimerOptions } from './timer/timer.js';
