import { randomUUID } from 'node:crypto';
import type { WireError } from '../errors/wire-error.js';
import type { Route } from '../route/route.js';
import type { Call, CallMessage, CallRequest } from './call.js';

/** Where a call runs. */
interface Place {
  readonly route: Route;
  /** Milliseconds it may run, unless its caller waits less. */
  readonly timeout: number;
}

/** The call of one request. */
export function envelope(
  serviceName: string,
  { route, timeout: longest }: Place,
  request: CallRequest,
): Call {
  const id = callId(serviceName, route);
  const timeout = request.timeout === undefined ? longest : Math.min(longest, request.timeout);
  return {
    id,
    route: route.id,
    target: route.target,
    member: 'handler',
    input: request.input,
    headers: request.headers ?? {},
    attempt: request.attempt ?? 1,
    lastRetry: request.lastRetry,
    callIdStack: [...(request.callIdStack ?? []), id],
    messageId: request.messageId,
    timeout,
    deadline: Date.now() + timeout,
    error: undefined,
    principal: request.principal,
  };
}

/** The one call of several requests. What it says of itself is what they have in common. */
export function batchEnvelope(serviceName: string, place: Place, requests: readonly CallRequest[]): Call {
  const batch = requests.map(messageOf);
  const retries = batch.flatMap(({ lastRetry }) => lastRetry ?? []);
  const common = envelope(serviceName, place, {
    input: undefined,
    attempt: highest(batch.map(({ attempt }) => attempt)),
    ...(retries.length > 0 && { lastRetry: highest(retries) }),
    callIdStack: sharedStart(batch.map(({ callIdStack }) => callIdStack)),
  });
  return { ...common, batch };
}

/** A message of a batch as if it had been called alone: what its own end is told by. */
export function callOfMessage({ batch: _, ...call }: Call, message: CallMessage): Call {
  const { input, headers, attempt, lastRetry, callIdStack, messageId } = message;
  return { ...call, input, headers, attempt, lastRetry, messageId, callIdStack: [...callIdStack, call.id] };
}

/** The call of `onFailure` that follows a call which failed for good. */
export function failureEnvelope(
  serviceName: string,
  { route }: Place,
  { call, error }: { readonly call: Call; readonly error: WireError },
): Call {
  const id = callId(serviceName, route);
  const callIdStack = [...call.callIdStack, id];
  return { ...call, id, callIdStack, deadline: Date.now() + call.timeout, member: 'onFailure', error };
}

function callId(serviceName: string, { target }: Route): string {
  return `${serviceName}.${target}.${randomUUID()}`;
}

function messageOf(request: CallRequest): CallMessage {
  const { input, headers = {}, attempt = 1, lastRetry, callIdStack = [], messageId } = request;
  return { input, headers, attempt, lastRetry, callIdStack, messageId };
}

// A batch may be longer than a list of arguments can be.
function highest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

/** The calls that led to all of them. */
function sharedStart(stacks: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = stacks;
  const differs = first.findIndex((id, index) => others.some((stack) => stack[index] !== id));
  return differs === -1 ? first : first.slice(0, differs);
}
