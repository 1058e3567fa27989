import type { AnyFunction } from '../declare/token.js';
import { methodInjections } from '../route/injection.js';
import { readSignature, type Signature } from '../rpc/signature/signature.js';
import type { LoadedTarget } from './path-import.js';

/** What callers give a target: its parameters without those that are injected. */
export function handlerSignature(target: LoadedTarget): Signature | undefined {
  if (target.kind === 'function') {
    return readSignature(target.call, (index, count) => index >= count - target.inject.length);
  }
  const { service, key } = target;
  const injected = methodInjections(service, key);
  const method = (service.prototype as Record<string | symbol, AnyFunction>)[key] as AnyFunction;
  return readSignature(method, (index) => injected.has(index));
}
