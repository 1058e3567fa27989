import type { WireError } from '../errors/wire-error.js';
import type { Call, CallMessage } from '../run/call.js';
import type { Outcome } from '../run/outcome.js';
import type { Batch } from './protocol.js';

// Calls and outcomes as they cross to a worker and back: by place, and without what is as it mostly is. The names of an
// object's properties, written and read for each of them, would be half of what a small call costs.

/** A batch on its way: what the message `run` carries. */
export interface PackedBatch {
  readonly first: number;
  readonly at: number;
  readonly calls: readonly PackedCall[];
}

type PackedCall = readonly [
  id: string,
  route: string,
  target: string,
  input: unknown,
  timeout: number,
  /** Ids of the calls that led to it: its own is the last of its stack. */
  before: readonly string[] | 0,
  unusual: Unusual | 0,
];

/** What most calls have none of. */
interface Unusual {
  readonly member: Call['member'];
  readonly headers: Call['headers'];
  readonly attempt: number;
  readonly lastRetry: number | undefined;
  readonly messageId: string | undefined;
  readonly error: WireError | undefined;
  readonly batch: readonly CallMessage[] | undefined;
  readonly principal: unknown;
}

/** A succeeded call that emitted nothing, or any other outcome. */
export type PackedOutcome =
  | readonly [number: number, succeeded: 'ok', value: unknown]
  | readonly [number: number, outcome: Outcome];

const none: Readonly<Record<string, unknown>> = {};

export function packBatch({ first, at, calls }: Batch): PackedBatch {
  return { first, at, calls: calls.map(packCall) };
}

export function unpackBatch({ first, at, calls }: PackedBatch): Batch {
  return { first, at, calls: calls.map((call) => unpackCall(call, at)) };
}

function packCall(call: Call): PackedCall {
  const { id, route, target, input, timeout, callIdStack } = call;
  const before = callIdStack.length > 1 ? callIdStack.slice(0, -1) : 0;
  return [id, route, target, input, timeout, before, isUsual(call) ? 0 : unusualOf(call)];
}

function isUsual({ member, headers, attempt, messageId, batch, principal }: Call): boolean {
  if (member !== 'handler' || attempt !== 1 || messageId !== undefined) return false;
  if (batch !== undefined || principal !== undefined) return false;
  for (const _ in headers) return false;
  return true;
}

function unusualOf({
  member,
  headers,
  attempt,
  lastRetry,
  messageId,
  error,
  batch,
  principal,
}: Call): Unusual {
  return { member, headers, attempt, lastRetry, messageId, error, batch, principal };
}

function unpackCall([id, route, target, input, timeout, before, unusual]: PackedCall, at: number): Call {
  const own = unusual === 0 ? undefined : unusual;
  return {
    id,
    route,
    target,
    member: own?.member ?? 'handler',
    input,
    headers: own?.headers ?? none,
    attempt: own?.attempt ?? 1,
    lastRetry: own?.lastRetry,
    callIdStack: before === 0 ? [id] : [...before, id],
    messageId: own?.messageId,
    timeout,
    deadline: at + timeout,
    error: own?.error,
    ...(own?.batch && { batch: own.batch }),
    principal: own?.principal,
  };
}

export function packOutcome(number: number, outcome: Outcome): PackedOutcome {
  return outcome.kind === 'succeeded' && outcome.effects.length === 0
    ? [number, 'ok', outcome.value]
    : [number, outcome];
}

export function unpackOutcome([, outcome, value]: PackedOutcome): Outcome {
  return outcome === 'ok' ? { kind: 'succeeded', value, effects: [] } : outcome;
}
