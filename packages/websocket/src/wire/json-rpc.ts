import type { RpcFailure } from '@micro-framework/core/rpc';

// JSON-RPC 2.0 as both sides write it: https://www.jsonrpc.org/specification. Browsers load this file, too.

/** What ties an answer to its request. */
export type JsonRpcId = string | number | null;

/** A request as it came, its members checked. Without an id it is a notification, which nobody answers. */
export interface JsonRpcRequest {
  readonly id: JsonRpcId | undefined;
  readonly method: string;
  readonly params: readonly unknown[] | Readonly<Record<string, unknown>>;
  readonly meta: unknown;
}

/** Something that is no request, with the id to answer it by. */
export interface JsonRpcFault {
  readonly id: JsonRpcId;
  readonly problem: string;
}

/** The error member of an answer. */
export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Codes of the specification, and below -32000 our own. */
export const errorCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  busy: -32000,
  timedOut: -32001,
  crashed: -32002,
  unauthorized: -32003,
  stopping: -32004,
  /** What a handler threw, unless its error has a number of its own as `code`. */
  application: 1,
} as const;

/** The code that tells of a failure. */
export const codeOfFailure: Readonly<Record<RpcFailure, number>> = {
  failed: errorCodes.application,
  'bad-arguments': errorCodes.invalidParams,
  crashed: errorCodes.crashed,
  'timed-out': errorCodes.timedOut,
  busy: errorCodes.busy,
  stopping: errorCodes.stopping,
  'unknown-target': errorCodes.methodNotFound,
  unauthorized: errorCodes.unauthorized,
  unreadable: errorCodes.parseError,
  lost: errorCodes.crashed,
  internal: errorCodes.internalError,
};

/** Codes that mean something of JSON-RPC's own, or of ours: no handler may have its error pass for one. */
export function isReservedCode(code: number): boolean {
  return code >= -32_768 && code <= -32_000;
}

/** Checks one request. */
export function readRequest(value: unknown): JsonRpcRequest | JsonRpcFault {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { id: null, problem: 'a request is an object' };
  const { jsonrpc, id, method, params = [], meta } = value as Readonly<Record<string, unknown>>;
  if (id !== undefined && !isId(id)) return { id: null, problem: 'id is a string, a number or null' };
  const fault = (problem: string): JsonRpcFault => ({ id: id ?? null, problem });
  if (jsonrpc !== '2.0') return fault('jsonrpc is "2.0"');
  if (typeof method !== 'string') return fault('method is a string');
  if (typeof params !== 'object' || params === null) return fault('params is an array or an object');
  return { id, method, params: params as JsonRpcRequest['params'], meta };
}

function isId(id: unknown): id is JsonRpcId {
  return typeof id === 'string' || typeof id === 'number' || id === null;
}

/** The answer of a call that succeeded; `result` is JSON already. */
export function resultText(id: JsonRpcId, result: string): string {
  return `{"jsonrpc":"2.0","result":${result},"id":${JSON.stringify(id)}}`;
}

/** The answer of a call that did not. */
export function errorText(id: JsonRpcId, error: JsonRpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', error, id });
}
