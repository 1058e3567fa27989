import type { Class } from '../declare/token.js';
import { BadInputError } from '../errors/kernel-errors.js';
import { toWireError } from '../errors/wire-error.js';
import type { CallEnd } from '../extend/call-scope.js';
import type { DependencyWorker } from '../extend/dependency.js';
import type { EntrypointDefinition } from '../extend/entrypoint.js';
import type { Eventual } from '../extend/eventual.js';
import type { Logger } from '../extend/logger.js';
import type { Route } from '../route/route.js';
import type { Signature } from '../rpc/signature/signature.js';
import type { Call } from '../run/call.js';
import type { Outcome } from '../run/outcome.js';
import type { ActiveCall } from './active-call.js';

/** Calls the handler, or `onFailure`, with a call's arguments. */
export type Invoke = (active: ActiveCall, call: Call) => unknown;

/** One translator made ready. */
export type Translate = (payload: unknown, call: ActiveCall) => unknown;

/** A route made ready to be called, at the start of a worker. */
export interface CallPlan {
  readonly route: Route;
  /** The classes whose methods it calls. */
  readonly services: readonly Class[];
  /** The handler inside its interceptors. */
  readonly handler: Invoke;
  readonly onFailure: Invoke;
  /** What callers give the handler. */
  signature(): Signature | undefined;
  readonly translators: readonly Translate[];
  /** Worker halves with a hook that the route uses. */
  readonly hooked: readonly DependencyWorker<unknown>[];
  /** Whether anything it injects may ask which call is running. Knowing that is dear, so others do without. */
  readonly ambient: boolean;
  /** Told of errors behind the one that the call fails with. */
  readonly log: Logger;
}

/**
 * Runs a call by its plan: receive, translate, before-hooks, interceptors, handler, after-hooks. Never throws nor rejects.
 * No promise is made where nothing has to be waited for: this is what every message pays.
 */
export function runPlan(plan: CallPlan, active: ActiveCall, call: Call): Eventual<Outcome> {
  try {
    const result = call.member === 'onFailure' ? runOnFailure(plan, active, call) : run(plan, active, call);
    return isThenable(result) ? waitFor(result, plan, active, call) : succeed(result, plan, active, call);
  } catch (error) {
    return fail(error, plan, active);
  }
}

/** What a call came to that was not to be handled. */
const filtered = Symbol('filtered');

function run(plan: CallPlan, active: ActiveCall, call: Call): unknown {
  const { definition, options } = plan.route.entrypoint;
  const reception = definition.receive(call.input, options, active.context);
  if (reception.kind === 'filtered') return filtered;
  active.args = reception.args;
  return plan.translators.length > 0 ? runTranslated(plan, active, call) : invokePlan(plan, active, call);
}

async function runTranslated(plan: CallPlan, active: ActiveCall, call: Call): Promise<unknown> {
  active.args = await translate(plan.translators, active.args, active);
  return invokePlan(plan, active, call);
}

async function waitFor(
  result: PromiseLike<unknown>,
  plan: CallPlan,
  active: ActiveCall,
  call: Call,
): Promise<Outcome> {
  try {
    return succeed(await result, plan, active, call);
  } catch (error) {
    return fail(error, plan, active);
  }
}

function succeed(result: unknown, plan: CallPlan, active: ActiveCall, call: Call): Outcome {
  if (result === filtered) {
    active.end();
    return { kind: 'filtered' };
  }
  const value = resultOf(plan.route.entrypoint.definition, result, call.input);
  return { kind: 'succeeded', value, effects: active.end() };
}

function fail(error: unknown, plan: CallPlan, active: ActiveCall): Outcome {
  active.end();
  return failureOf(plan.route, error);
}

function isThenable(result: unknown): result is PromiseLike<unknown> {
  if (result instanceof Promise) return true;
  const isObject = (typeof result === 'object' && result !== null) || typeof result === 'function';
  return isObject && typeof (result as { readonly then?: unknown }).then === 'function';
}

/** Runs `onFailure`, with what the call's arguments can be made of, since making them may be what failed. */
async function runOnFailure(plan: CallPlan, active: ActiveCall, call: Call): Promise<unknown> {
  const { definition, options } = plan.route.entrypoint;
  const { input } = call;
  if (definition.receiveFailed) {
    active.args = definition.receiveFailed(input, options, active.context);
  } else {
    const reception = definition.receive(input, options, active.context);
    if (reception.kind === 'filtered') return filtered;
    active.args = reception.args;
  }
  try {
    if (plan.translators.length > 0) active.args = await translate(plan.translators, active.args, active);
  } catch (error) {
    plan.log.warn(
      { ...fieldsOf(active), err: error },
      'a translator failed: onFailure gets the payload as it came',
    );
  }
  return invokePlan(plan, active, call);
}

/** Calls the handler, or `onFailure`, inside the hooks of what it injects. */
export function invokePlan(plan: CallPlan, active: ActiveCall, call: Call): unknown {
  return plan.hooked.length > 0 ? invokeHooked(plan, active, call) : invoke(plan, active, call);
}

/** The outcome of what was thrown. */
export function failureOf(route: Route, error: unknown): Extract<Outcome, { kind: 'failed' | 'rejected' }> {
  if (error instanceof BadInputError) return { kind: 'rejected', error: toWireError(error) };
  return { kind: 'failed', error: toWireError(error), retryable: isRetryable(route, error) };
}

function resultOf({ returns, encode }: EntrypointDefinition, value: unknown, input: unknown): unknown {
  if (!returns) return undefined;
  return encode ? encode(value, input) : value;
}

function invoke(plan: CallPlan, active: ActiveCall, call: Call): unknown {
  return call.member === 'handler' ? plan.handler(active, call) : plan.onFailure(active, call);
}

async function invokeHooked(plan: CallPlan, active: ActiveCall, call: Call): Promise<unknown> {
  const entered: DependencyWorker<unknown>[] = [];
  let end: CallEnd;
  try {
    for (const half of plan.hooked) {
      await half.before?.(active);
      entered.push(half);
    }
    end = { kind: 'succeeded', value: await invoke(plan, active, call) };
  } catch (error) {
    end = { kind: 'failed', error };
  }
  end = await leave(entered, { plan, active, end });
  if (end.kind === 'failed') throw end.error;
  return end.value;
}

/** Runs the after-hooks of what was entered, the last first. The first error of all is the call's; others are logged. */
async function leave(
  entered: readonly DependencyWorker<unknown>[],
  { plan, active, end: handled }: { plan: CallPlan; active: ActiveCall; end: CallEnd },
): Promise<CallEnd> {
  let end = handled;
  for (const half of entered.toReversed()) {
    try {
      await half.after?.(active, end);
    } catch (error) {
      if (end.kind === 'succeeded') end = { kind: 'failed', error };
      else plan.log.error({ ...fieldsOf(active), err: error }, 'an after-hook failed, too');
    }
  }
  return end;
}

// A plan that is not ambient runs where the log does not know the call.
function fieldsOf({ target, context }: ActiveCall): object {
  return { route: target, call: context.id };
}

/** Turns the payload, the first of the arguments, into another. */
export async function translate(
  translators: readonly Translate[],
  args: readonly unknown[],
  active: ActiveCall,
): Promise<readonly unknown[]> {
  let [payload, ...rest] = args;
  for (const translator of translators) payload = await translator(payload, active);
  return [payload, ...rest];
}

function isRetryable({ backOff }: Route, error: unknown): boolean {
  if (!backOff?.exceptions) return true;
  return backOff.exceptions.some((type) => error instanceof type);
}
