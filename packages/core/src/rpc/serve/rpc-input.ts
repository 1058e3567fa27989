import { RpcUnsendableError } from '../errors/call-errors.js';
import { stringifyPythonJson } from '../seed/python-json.js';

/** A call on its way to the worker: plain data. */
export interface RpcInput {
  readonly args: readonly unknown[];
  /** When its caller gives it up, in milliseconds since 1970. */
  readonly expires: number | undefined;
  /** How its result is written: Python's JSON has NaN. */
  readonly json: 'plain' | 'python';
}

/** A handler's result as the text that goes on the wire: the main side only puts it into its frame. */
export function encodeResult(value: unknown, { json }: RpcInput): string {
  try {
    const text = json === 'python' ? stringifyPythonJson(value ?? null) : stringify(value ?? null);
    if (text !== undefined) return text;
  } catch (cause) {
    throw new RpcUnsendableError(`the result cannot be JSON: ${(cause as Error).message}`, { cause });
  }
  const what = typeof value === 'object' ? 'an object whose toJSON() returns none' : `a ${typeof value}`;
  throw new RpcUnsendableError(`the result cannot be JSON: it is ${what}`);
}

/** As it is: of functions and symbols it makes undefined. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;
