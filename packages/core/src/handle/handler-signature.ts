import type { AnyFunction } from '../declare/token.js';
import { methodInjections } from '../route/injection.js';
import { parameterCount, readSignature, type Signature } from '../rpc/signature/signature.js';
import type { LoadedTarget } from './path-import.js';

/** A function that a route calls. */
export type FunctionTarget = Extract<LoadedTarget, { kind: 'function' }>;

/** What callers give a target: its parameters without those that are injected. */
export function handlerSignature(target: LoadedTarget): Signature | undefined {
  if (target.kind === 'function') {
    const { call, inject } = target;
    const read = readSignature(call, (index, count) => index >= count - inject.length);
    return read ?? (inject.length > 0 ? unnamed(placesOf(target)) : undefined);
  }
  const { service, key } = target;
  const injected = methodInjections(service, key);
  const method = (service.prototype as Record<string | symbol, AnyFunction>)[key] as AnyFunction;
  return readSignature(method, (index) => injected.has(index));
}

/** How many of a function's parameters stand before those that are injected. */
export function placesOf({ call, inject }: FunctionTarget): number {
  return Math.max(0, parameterCount(call) - inject.length);
}

// Of their names nothing is known, but one argument more would stand where something is injected.
function unnamed(count: number): Signature {
  return Array.from({ length: count }, (_, index) => {
    return { name: `argument${index + 1}`, kind: 'positional', hasDefault: false, required: false };
  });
}
