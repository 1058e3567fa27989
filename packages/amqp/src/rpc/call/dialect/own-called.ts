import {
  type AnswerOutcome,
  type OutgoingCall,
  type Parameter,
  type Refusal,
  type RpcFailure,
  sentCallIdStack,
  type TargetInfo,
} from '@micro-framework/core/rpc';
import type { Message, Options } from '../../../connection/connection.js';
import { callIdStackHeaders, type Headers } from '../../../headers.js';
import type { Publication } from '../../../publish/publisher.js';
import {
  directoryQueueName,
  directReplyTo,
  idempotentHeader,
  type OwnAnswer,
  type OwnError,
  targetQueueName,
} from '../../wire/own.js';
import type { CallAddress, CalledDialect } from './called-dialect.js';

// No target is called so: names have no blanks.
const targetsCall = 'all targets';

/** This framework's own protocol, called: answered by direct reply-to. */
export const ownCalled: CalledDialect = {
  notifies: true,
  confirms: false,
  directory: { call: targetsCall, read: readTargets },

  replyQueue: () => ({
    name: directReplyTo,
    address: directReplyTo,
    topology: { exchanges: [], queues: [], bindings: [] },
    isTemporary: false,
  }),

  request: requestOf,
  answer: answerOf,
};

/** What the other side told, of which whatever callers look at is checked. */
function readTargets(value: unknown): readonly TargetInfo[] {
  if (!Array.isArray(value) || !value.every(isTarget)) throw new TypeError('it told of no targets');
  return value;
}

function isTarget(value: unknown): value is TargetInfo {
  const { target, parameters } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof target === 'string' && Array.isArray(parameters) && parameters.every(isParameter);
}

function isParameter(value: unknown): value is Parameter {
  const { name, kind } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof kind === 'string';
}

function requestOf(
  { target, params, timeout, callIdStack, idempotent }: OutgoingCall,
  { to, correlation, replyTo }: CallAddress,
): Publication {
  const properties: Options.Publish = {
    contentType: 'application/json',
    // Worth nothing to anybody later: the broker drops what was not taken by then.
    expiration: String(Math.max(1, Math.ceil(timeout))),
    mandatory: true,
  };
  if (callIdStack.length > 0 || idempotent) properties.headers = headersOf(callIdStack, idempotent);
  if (correlation !== undefined) {
    properties.correlationId = correlation;
    properties.replyTo = replyTo;
  }
  const routingKey = target === targetsCall ? directoryQueueName(to) : targetQueueName(to, target);
  return { exchange: '', routingKey, body: Buffer.from(params), properties };
}

function headersOf(callIdStack: readonly string[], idempotent: boolean): Headers {
  const stack = callIdStackHeaders(sentCallIdStack(callIdStack));
  return idempotent ? { ...stack, [idempotentHeader]: true } : stack;
}

const refusals: Readonly<Partial<Record<RpcFailure, Refusal>>> = {
  'unknown-target': 'unknown-target',
  'bad-arguments': 'bad-arguments',
  unauthorized: 'unauthorized',
  crashed: 'crashed',
  'timed-out': 'timed-out',
  lost: 'lost',
  unreadable: 'protocol',
  internal: 'protocol',
};

function answerOf({ content }: Message): AnswerOutcome {
  let answer: OwnAnswer | null;
  try {
    answer = JSON.parse(content.toString()) as OwnAnswer | null;
  } catch {
    answer = null;
  }
  if (typeof answer !== 'object' || answer === null) return noSense;
  return answer.error ? outcomeOf(answer.error) : { kind: 'result', value: answer.result };
}

const noSense: AnswerOutcome = {
  kind: 'refused',
  refusal: 'protocol',
  message: 'what it answered makes no sense',
};

function outcomeOf({ failure, ...error }: Partial<OwnError>): AnswerOutcome {
  const { name, message, code, data, stack } = error;
  const text = typeof message === 'string' ? message : 'the other side told no reason';
  if (failure === 'busy' || failure === 'stopping') return { kind: 'again', message: text };
  const refusal = failure === undefined ? undefined : refusals[failure];
  if (refusal !== undefined) return { kind: 'refused', refusal, message: text };
  return {
    kind: 'thrown',
    error: {
      name: typeof name === 'string' ? name : 'Error',
      message: text,
      ...(typeof code === 'string' && { code }),
      ...(typeof stack === 'string' && { stack }),
      ...(typeof data === 'object' && data !== null && { data }),
    },
  };
}
