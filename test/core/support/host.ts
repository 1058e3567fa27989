import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Class } from '@micro-framework/core';
import {
  type Ask,
  type Call,
  createHandlerHost,
  type HandlerHost,
  type Outcome,
  readConfig,
  scan,
} from '@micro-framework/core/internal';

/** A worker side without a worker. */
export interface TestHost {
  readonly host: HandlerHost;
  /** Runs a route with the arguments of its probe. */
  run(target: string, ...args: unknown[]): Promise<Outcome>;
  /** What its handler returns; fails when the call does. */
  answer(target: string, ...args: unknown[]): Promise<unknown>;
  /** Runs a route with an envelope of one's own. */
  send(target: string, call: Partial<Call>): Promise<Outcome>;
}

interface HostOptions {
  readonly ask?: Ask;
  readonly context?: number;
}

/** The worker side of a module, not started. */
export async function hostOf(
  module: Class,
  { ask = nobody, context = 0 }: HostOptions = {},
): Promise<HandlerHost> {
  const settings = await readConfig({ serviceName: 'shop', logLevel: 'silent' }, {});
  return createHandlerHost(module, { context, settings, ask });
}

/** Starts the worker side of a module in this process, and stops it when the test has ended. */
export async function openHost(t: TestContext, module: Class, options: HostOptions = {}): Promise<TestHost> {
  const host = await hostOf(module, options);
  await host.start();
  t.after(() => host.stop());
  const { routes } = scan(module);
  const send = async (target: string, call: Partial<Call>): Promise<Outcome> => {
    const route =
      routes.find((candidate) => candidate.target === target) ?? assert.fail(`no route ${target}`);
    return host.run(envelope(route.id, call));
  };
  const run = (target: string, ...args: unknown[]): Promise<Outcome> => send(target, { input: args });
  return {
    host,
    send,
    run,
    answer: async (target, ...args) => {
      const outcome = await run(target, ...args);
      assert.equal(outcome.kind, 'succeeded', JSON.stringify(outcome));
      return outcome.kind === 'succeeded' ? outcome.value : undefined;
    },
  };
}

/** The envelope of a first attempt, but for what is given. */
export function envelope(route: string, call: Partial<Call>): Call {
  return {
    id: `shop.${randomUUID()}`,
    route,
    target: 'Tests.run',
    member: 'handler',
    input: [],
    headers: {},
    attempt: 1,
    lastRetry: undefined,
    callIdStack: [],
    timeout: 1_000,
    deadline: Date.now() + 1_000,
    messageId: undefined,
    error: undefined,
    ...call,
  };
}

function nobody(dependency: string): Promise<unknown> {
  return Promise.reject(new Error(`nobody answers ${dependency}`));
}
