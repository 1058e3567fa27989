import type { BatchFailure } from '../errors/batch-error.js';
import { type MessageOutcome, messageDone } from '../run/batch.js';
import type { Call, CallMessage } from '../run/call.js';
import type { Outcome } from '../run/outcome.js';
import type { ActiveCall } from './active-call.js';
import { type CallPlan, failureOf, invokePlan, translate } from './call-plan.js';

/** A message on its way to the handler. */
interface Wanted {
  readonly index: number;
  readonly message: CallMessage;
  readonly args: readonly unknown[];
}

/**
 * Runs a batch: each message is received, filtered and translated by itself; the handler is called once with those that
 * are left, an array for each argument. Never rejects. The value is what became of each message.
 */
export async function runBatch(plan: CallPlan, active: ActiveCall, call: Call): Promise<Outcome> {
  const batch = call.batch ?? [];
  const received = await Promise.all(
    batch.map((message, index) => receive(plan, active, { message, index })),
  );
  const wanted = received.filter((one): one is Wanted => 'args' in one);
  const ends = wanted.length > 0 ? await handle(plan, active, { call, wanted }) : [];
  const effects = active.end();
  let next = 0;
  const value = received.map((one) => ('args' in one ? (ends[next++] as MessageOutcome) : one));
  const done = ends.some(({ kind }) => kind === 'succeeded');
  return { kind: 'succeeded', value, effects: done ? effects : [] };
}

async function receive(
  { route, translators }: CallPlan,
  active: ActiveCall,
  { message, index }: Omit<Wanted, 'args'>,
): Promise<Wanted | MessageOutcome> {
  const { definition, options } = route.entrypoint;
  const { id, route: routeId } = active.context;
  const { attempt, callIdStack, input } = message;
  try {
    const info = { id, route: routeId, attempt, callIdStack: [...callIdStack, id] };
    const reception = definition.receive(input, options, info);
    if (reception.kind === 'filtered') return { kind: 'filtered' };
    const args =
      translators.length > 0 ? await translate(translators, reception.args, active) : reception.args;
    return { message, index, args };
  } catch (error) {
    return failureOf(route, error);
  }
}

async function handle(
  plan: CallPlan,
  active: ActiveCall,
  { call, wanted }: { readonly call: Call; readonly wanted: readonly Wanted[] },
): Promise<readonly MessageOutcome[]> {
  const longest = wanted.reduce((most, { args }) => Math.max(most, args.length), 0);
  active.args = Array.from({ length: longest }, (_, nth) => wanted.map(({ args }) => args[nth]));
  active.context.takes(wanted.map(({ message }) => message));
  try {
    await invokePlan(plan, active, call);
    return wanted.map(() => messageDone);
  } catch (error) {
    const failures = failuresIn(error, wanted.length);
    if (!failures) {
      const same = failureOf(plan.route, error);
      return wanted.map(() => same);
    }
    return wanted.map((_, index) =>
      failures.has(index) ? failureOf(plan.route, failures.get(index)) : messageDone,
    );
  }
}

/** The messages that a handler named, by their place; undefined when it failed as a whole, or named what is not there. */
function failuresIn(error: unknown, count: number): ReadonlyMap<number, unknown> | undefined {
  // By its code: with two copies of this package in a process there are two classes.
  const { code, failures } = (error ?? {}) as { code?: unknown; failures?: readonly BatchFailure[] };
  if (code !== 'BATCH_FAILED' || !Array.isArray(failures) || failures.length === 0) return undefined;
  const named = new Map(failures.map((failure: BatchFailure) => [failure.index, failure.error]));
  return [...named.keys()].every((index) => Number.isInteger(index) && index >= 0 && index < count)
    ? named
    : undefined;
}
