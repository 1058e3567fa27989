import {
  type AnswerOutcome,
  type Fields,
  isFields,
  type OutgoingCall,
  type Parameter,
  type Refusal,
  sentCallIdStack,
  type TargetInfo,
  type WireError,
} from '@micro-framework/core/rpc';
import { errorCodes, isReservedCode } from '../../wire/json-rpc.js';
import { subprotocols } from '../../wire/subprotocols.js';
import type { Dialect } from './dialect.js';

const refusals: Readonly<Record<number, Refusal>> = {
  [errorCodes.methodNotFound]: 'unknown-target',
  [errorCodes.invalidParams]: 'bad-arguments',
  [errorCodes.unauthorized]: 'unauthorized',
  [errorCodes.crashed]: 'crashed',
  [errorCodes.timedOut]: 'timed-out',
  [errorCodes.invalidRequest]: 'protocol',
  [errorCodes.parseError]: 'protocol',
};

/** JSON-RPC 2.0; with `meta` in requests where the other side is one of ours. */
export function jsonRpcDialect(kind: 'own' | 'json-rpc'): Dialect {
  return {
    subprotocols: kind === 'own' ? [subprotocols.own] : [],
    maxInFlight: Number.POSITIVE_INFINITY,
    notifies: true,
    directory: { call: 'rpc.discover', read: readTargets },
    request: kind === 'own' ? (call) => requestText(call, metaOf(call)) : (call) => requestText(call, ''),
    answer: readAnswer,
  };
}

function requestText({ id, target, params }: OutgoingCall, meta: string): string {
  const idText = id === undefined ? '' : `,"id":${id}`;
  return `{"jsonrpc":"2.0","method":${JSON.stringify(target)},"params":${params}${idText}${meta}}`;
}

function metaOf({ timeout, callIdStack }: OutgoingCall): string {
  const stack =
    callIdStack.length > 0 ? `,"callIdStack":${JSON.stringify(sentCallIdStack(callIdStack))}` : '';
  return `,"meta":{"timeout":${Math.max(1, Math.ceil(timeout))}${stack}}`;
}

function readAnswer(text: string): { id: number | undefined; outcome: AnswerOutcome } | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isFields(message)) return undefined;
  const { id, error } = message;
  if (typeof id !== 'number') return undefined;
  if ('result' in message) return { id, outcome: { kind: 'result', value: message.result } };
  return isFields(error) ? { id, outcome: outcomeOf(error) } : undefined;
}

function outcomeOf({ code, message, data }: Fields): AnswerOutcome {
  const sentence = typeof message === 'string' ? message : 'the other side told no reason';
  const number = typeof code === 'number' ? code : errorCodes.internalError;
  if (number === errorCodes.busy || number === errorCodes.stopping)
    return { kind: 'again', message: sentence };
  const refusal = refusals[number];
  if (refusal !== undefined) return { kind: 'refused', refusal, message: sentence };
  return { kind: 'thrown', error: thrownError(number, sentence, data) };
}

/** The handler's error, of which each field is checked; that of a server that is none of ours has only its code. */
function thrownError(code: number, message: string, data: unknown): WireError {
  const own = isFields(data) ? data : {};
  const { name, code: ownCode, data: fields, stack } = own;
  if (typeof name !== 'string') return { name: 'Error', message, data: { code, data } };
  return {
    name,
    message,
    ...(typeof ownCode === 'string' && { code: ownCode }),
    ...(typeof stack === 'string' && { stack }),
    data: {
      ...(code !== errorCodes.application && !isReservedCode(code) && { code }),
      ...(isFields(fields) && fields),
    },
  };
}

/** Reads an OpenRPC document; of one that is not ours what it tells. */
function readTargets(document: unknown): readonly TargetInfo[] {
  const methods = isFields(document) ? document.methods : undefined;
  if (!Array.isArray(methods)) throw new TypeError('rpc.discover told of no methods');
  return methods.filter(isFields).map(({ name, description, params }) => ({
    target: String(name),
    description: typeof description === 'string' ? description : undefined,
    parameters: Array.isArray(params) ? params.filter(isFields).map(parameterOf) : [],
  }));
}

const kinds: readonly unknown[] = ['positional', 'rest', 'keyword', 'keywords'];

function parameterOf(descriptor: Fields): Parameter {
  const { name, required } = descriptor;
  const kind = descriptor['x-kind'];
  return {
    name: String(name),
    kind: kinds.includes(kind) ? (kind as Parameter['kind']) : 'positional',
    hasDefault: descriptor['x-default'] === true,
    required: required === true,
  };
}
