import { RpcUnknownTargetError } from './errors/call-errors.js';
import type { TargetInfo } from './signature/target-info.js';

/**
 * The target that a method of a remote service stands for, among those the other side offers: the one of exactly that name,
 * else the only one that ends in it, as `Quotes.price` does in `price`. Throws an `RpcUnknownTargetError`.
 *
 * @param offered - what the other side told
 * @param method - the method's name
 * @param where - the other side, for the message
 */
export function findTarget(offered: readonly TargetInfo[], method: string, where: string): TargetInfo {
  const exact = offered.find(({ target }) => target === method);
  if (exact) return exact;
  const [only, ...others] = offered.filter(({ target }) => target.endsWith(`.${method}`));
  if (only && others.length === 0) return only;
  throw new RpcUnknownTargetError(
    only ? ambiguous([only, ...others], method, where) : unknown(offered, method, where),
  );
}

function ambiguous(candidates: readonly TargetInfo[], method: string, where: string): string {
  const names = candidates.map(({ target }) => target).join(', ');
  return `${where} offers ${method} as ${names}: say which is meant with the option service.`;
}

function unknown(offered: readonly TargetInfo[], method: string, where: string): string {
  const names = offered.map(({ target }) => target);
  return `${where} offers no ${method}: it has ${names.slice(0, 20).join(', ') || 'nothing'}${names.length > 20 ? ', ...' : '.'}`;
}
