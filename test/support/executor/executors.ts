import type { TestContext } from 'node:test';
import { Deadline, type WireError } from '@micro-framework/core';
import {
  type AnswerQuestion,
  type Call,
  type Executor,
  InlineExecutor,
  type Outcome,
  PoolExecutor,
  type WorkerInit,
  type WorkerPlan,
} from '@micro-framework/core/internal';
import { type LogLine, recordingLog } from '../../core/support/log.js';
import { createHost } from './host.js';

export interface OpenOptions extends Partial<WorkerPlan> {
  readonly answer?: AnswerQuestion;
  readonly init?: Partial<WorkerInit>;
}

export interface OpenExecutor {
  readonly executor: Executor;
  readonly lines: readonly LogLine[];
  call(route: string, input?: unknown, options?: Partial<Call>, gone?: AbortSignal): Promise<Outcome>;
}

/** An executor of the mode, not yet started. Whoever starts it stops it. */
export function openExecutor(options: OpenOptions): OpenExecutor {
  const { answer = async () => undefined, init, ...overrides } = options;
  const plan: WorkerPlan = { ...defaultPlan, ...overrides };
  const { log, lines } = recordingLog();
  const executor =
    plan.mode === 'inline'
      ? new InlineExecutor(plan, answer, log, createHost)
      : new PoolExecutor({ plan, init: { ...defaultInit, ...init }, answer, log });
  return {
    executor,
    lines,
    call: async (route, input, callOptions, gone) =>
      executor.execute(callTo(route, input, callOptions), gone),
  };
}

/** A started executor that is stopped with the test. */
export async function startExecutor(t: TestContext, options: OpenOptions): Promise<OpenExecutor> {
  const open = openExecutor(options);
  t.after(() => open.executor.stop(Deadline.in(0)));
  await open.executor.start();
  return open;
}

const defaultPlan: WorkerPlan = {
  mode: 'thread',
  max: 1,
  tasksPerWorker: 1,
  maxTasksPerChild: Number.POSITIVE_INFINITY,
  taskTimeout: 10_000,
  taskGrace: 100,
  startTimeout: 20_000,
  maxQueue: 100_000,
  resourceLimits: {},
  env: {},
};

/** For tests that wear out hundreds of workers: each would write down what it covered. */
export const withoutCoverage = { env: { NODE_V8_COVERAGE: '' } };

const defaultInit: WorkerInit = {
  url: 'file:///unused.js',
  moduleKey: 'unused',
  context: 0,
  settings: {} as WorkerInit['settings'],
  hostUrl: new URL('./host.js', import.meta.url).href,
};

let calls = 0;

/** A call of the fixture's handler. */
function callTo(route: string, input?: unknown, options: Partial<Call> = {}): Call {
  const id = `test.${route}.${++calls}`;
  const timeout = options.timeout ?? defaultPlan.taskTimeout;
  return {
    id,
    route,
    // Messages name the target; routes are for the framework.
    target: `Tests.${route}`,
    member: 'handler',
    input,
    headers: {},
    attempt: 1,
    lastRetry: undefined,
    callIdStack: [id],
    timeout,
    deadline: Date.now() + timeout,
    messageId: undefined,
    error: undefined,
    ...options,
  };
}

/** What a call that succeeded returned. */
export function resultOf(outcome: Outcome): unknown {
  if (outcome.kind !== 'succeeded') throw new Error(`the call ended as ${JSON.stringify(outcome)}`);
  return outcome.value;
}

/** The error of a call that has one. */
export function errorOf(outcome: Outcome): WireError {
  if (!('error' in outcome)) throw new Error(`the call ended as ${JSON.stringify(outcome)}`);
  return outcome.error;
}
