// For the framework's own packages, tests and benchmarks. Not part of the public interface: it changes without notice.

export { readConfig } from './config/read-config.js';
export type { AnswerQuestion } from './execute/bridge.js';
export type { Executor } from './execute/executor.js';
export { InlineExecutor } from './execute/inline-executor.js';
export { PoolExecutor } from './execute/pool-executor.js';
export { Roster } from './execute/roster.js';
export type { WorkerInit } from './execute/worker-init.js';
export { planWorkers, type WorkerPlan } from './execute/worker-plan.js';
export { createHandlerHost } from './handle/create-handler-host.js';
export type { Ask, HandlerHost } from './handle/handler-host.js';
export { serializeError } from './log/serialize-error.js';
export { scan } from './route/scanner.js';
export type { Call } from './run/call.js';
export { type CommitEffects, commitTo } from './run/commit.js';
export { Dispatcher, type RouteSeat } from './run/dispatcher.js';
export type { Outcome } from './run/outcome.js';
export { intervalOf, type NextStep, nextStep } from './run/retry-policy.js';
export { RouteCounts } from './run/route-counts.js';
export { type Moments, momentsOf } from './timer/moments.js';
