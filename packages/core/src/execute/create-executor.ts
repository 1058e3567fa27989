import type { Class } from '../declare/token.js';
import type { Logger } from '../extend/logger.js';
import { createHandlerHost } from '../handle/create-handler-host.js';
import type { AnswerQuestion } from './bridge.js';
import type { Executor } from './executor.js';
import { InlineExecutor } from './inline-executor.js';
import { PoolExecutor } from './pool-executor.js';
import type { WorkerInit } from './worker-init.js';
import type { WorkerPlan } from './worker-plan.js';

/** What an executor of one context is made from. */
export interface ExecutorParts {
  readonly module: Class;
  readonly plan: WorkerPlan;
  readonly init: WorkerInit;
  readonly answer: AnswerQuestion;
  readonly log: Logger;
}

/** Makes the executor a plan asks for. */
export function createExecutor({ module, ...parts }: ExecutorParts): Executor {
  if (parts.plan.mode !== 'inline') return new PoolExecutor(parts);
  const { context, settings } = parts.init;
  return new InlineExecutor(parts.plan, parts.answer, parts.log, (ask) =>
    createHandlerHost(module, { context, settings, ask }),
  );
}
