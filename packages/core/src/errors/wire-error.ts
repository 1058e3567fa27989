import { inspect } from 'node:util';
import { isMinifiedName } from '../declare/minified-name.js';
import { knownErrors } from './errors.js';
import { isTooDeep } from './nesting.js';
import { dressed, RemoteError, standardProperties } from './remote-error.js';
import { stackHash } from './stack-hash.js';

/** An error as data: what crosses threads, processes and wires. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  /** The place it was thrown at, as twelve hexadecimal digits: equal for equal failures, on every machine. */
  readonly stackHash?: string;
  /** Own properties of the error that are plain data. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: WireError;
}

const maxCauses = 5;
const maxText = 64 * 1024;

/** Turns whatever was thrown, an `Error` or not, into data. Never throws, whatever getters and proxies do. */
export function toWireError(thrown: unknown, depth = 0): WireError {
  try {
    return thrown instanceof Error ? errorData(thrown, depth) : nonError(thrown);
  } catch {
    return { name: 'NonError', message: 'something was thrown that cannot be read' };
  }
}

function errorData(error: Error, depth: number): WireError {
  const { code, stack, cause } = error as { code?: unknown; stack?: unknown; cause?: unknown };
  const data = plainFields(error);
  const name = clip(nameOf(error));
  const hash = typeof stack === 'string' ? stackHash(name, clip(stack)) : undefined;
  return {
    name,
    message: clip(String(error.message)),
    ...(typeof code === 'string' && { code: clip(code) }),
    ...(typeof stack === 'string' && { stack: clip(stack) }),
    ...(hash !== undefined && { stackHash: hash }),
    ...(data && { data }),
    ...(cause !== undefined && depth < maxCauses && { cause: toWireError(cause, depth + 1) }),
  };
}

/** A class that was given no name of its own is known by that of its declaration, where bundlers left it one. */
function nameOf(error: Error): string {
  const name = String(error.name);
  if (name !== 'Error' || Object.hasOwn(error, 'name')) return name;
  const { constructor: made } = error as { constructor?: unknown };
  return typeof made === 'function' && !isMinifiedName(made.name) ? made.name : name;
}

function nonError(thrown: unknown): WireError {
  const shown = inspect(thrown, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  return { name: 'NonError', message: `${clip(shown)} was thrown, which is not an Error` };
}

/** Makes an `Error` again: of its class when the framework knows the code, else a {@link RemoteError}. */
export function fromWireError(wire: WireError, depth = 0): Error {
  const cause = wire.cause && depth < maxCauses ? fromWireError(wire.cause, depth + 1) : undefined;
  const options = cause && { cause };
  const Known = wire.code === undefined ? undefined : knownErrors().get(wire.code);
  const error = Known ? new Known(wire.message, options) : new RemoteError(wire.message, options);
  return dressed(error, wire);
}

function plainFields(error: Error): Record<string, unknown> | undefined {
  const fields: [string, unknown][] = [];
  for (const key of Object.keys(error)) {
    if (standardProperties.has(key)) continue;
    const value = plain(() => (error as unknown as Record<string, unknown>)[key]);
    const isCode = key === 'code' && typeof value === 'string';
    if (value !== undefined && !isCode) fields.push([key, value]);
  }
  return fields.length > 0 ? Object.fromEntries(fields) : undefined;
}

// JSON is the common ground of all wires, and a bound on size. What has no JSON (functions, cycles, big integers,
// getters that throw) stays home, and so does what is large or deep.
function plain(read: () => unknown): unknown {
  try {
    const text = JSON.stringify(read());
    if (text === undefined || text.length > maxText) return undefined;
    const value: unknown = JSON.parse(text);
    return isTooDeep(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

function clip(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText)}...` : text;
}
