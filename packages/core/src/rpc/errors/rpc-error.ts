import { isMinifiedName } from '../../declare/minified-name.js';
import type { Class } from '../../declare/token.js';
import { ScanError } from '../../errors/kernel-errors.js';
import { dressed, RemoteError } from '../../errors/remote-error.js';
import type { WireError } from '../../errors/wire-error.js';

const registered = new Map<string, Class<Error>>();

/**
 * Class decorator: makes an error keep its class across remote calls. On both sides: the callee's error gets its name on
 * the wire, the caller gets an instance of the class it registered under that name. Its constructor does not run there:
 * the error has the message and the fields that came, as plain data, and nothing else.
 *
 * @param name - its name on the wire. Default: the class's own, which a minifier would change.
 * @throws `ScanError` when another class has that name, or when the name looks like a minifier's.
 *
 * @example
 * ```ts
 * @RpcError()
 * class UnknownSymbolError extends Error {
 *   constructor(readonly symbol: string) { super(`there is no ${symbol}`); }
 * }
 * ```
 */
export function RpcError(name?: string): (target: Class<Error>) => void {
  return (target) => {
    const known = name ?? target.name;
    if (name === undefined && isMinifiedName(known)) throw ScanError.of([minified(known)]);
    const other = registered.get(known);
    if (other !== undefined && other !== target) throw ScanError.of([taken(known)]);
    registered.set(known, target);
    const value = { value: known, configurable: true, writable: true };
    Object.defineProperty(target.prototype, 'name', value);
  };
}

/**
 * An error that came as data, as an error again: of the class registered under its name, else a `RemoteError`. Never is a
 * class looked up anywhere else, and never does a constructor of the user's run.
 */
export function reviveError(wire: WireError): Error {
  const known = registered.get(wire.name);
  return dressed(known ? unconstructed(known, wire.message) : new RemoteError(wire.message), wire);
}

function unconstructed(type: Class<Error>, message: string): Error {
  const error = Reflect.construct(Error, [message], type as unknown as new () => Error) as Error;
  // V8 leaves out the frames above the class's constructor, which never ran; other engines have them.
  Error.captureStackTrace?.(error, reviveError);
  return error;
}

function minified(name: string): string {
  return `@RpcError() on ${name || 'an anonymous class'}: the name is as short as a minifier's, and would be one on the wire. Give one that stays: @RpcError('Name').`;
}

function taken(name: string): string {
  return `@RpcError: two classes are registered as ${name}. Give one of them another name: @RpcError('Name').`;
}
