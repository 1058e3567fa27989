import type { WireError } from './wire-error.js';

/** An error from the other side whose class is not known here; it has the same name, code, fields and stack. */
export class RemoteError extends Error {
  /** The code of the original error, if it had one. */
  declare readonly code?: string;
}

/** Properties that data from elsewhere never set. */
export const standardProperties: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);

/** Gives an error the name, code, fields and stack it had on the other side. */
export function dressed<E extends Error>(error: E, { name, code, data, stack }: WireError): E {
  for (const [key, value] of Object.entries(data ?? {})) {
    if (!standardProperties.has(key)) define(error, key, value, true);
  }
  define(error, 'name', name, false);
  if (code !== undefined) define(error, 'code', code, true);
  if (stack !== undefined) define(error, 'stack', stack, false);
  return error;
}

// Data from the other side must not reach a setter or the prototype: `__proto__` becomes an ordinary property.
function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
}
