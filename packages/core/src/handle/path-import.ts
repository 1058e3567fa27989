import { nearest } from '../config/nearest.js';
import { methodNames } from '../declare/metadata.js';
import type { AnyFunction, Class } from '../declare/token.js';
import { WorkerStartError } from '../errors/kernel-errors.js';
import { isClass } from '../route/fault.js';
import type { Target } from '../route/route.js';

/** A target whose code is here. */
export type LoadedTarget = Exclude<Target, { kind: 'path' }>;

/** Imports a target by path, the one place where that happens, and only in workers; others are here already. */
export async function loadTarget(target: Target): Promise<LoadedTarget> {
  if (target.kind !== 'path') return target;
  const { url, member, inject } = target;
  const place = `${target.where}: the target '${url}#${member}'`;
  const [name = '', method] = member.split('.');
  const file = await importFile(url, place);
  const exported = own(file, name);
  if (exported === undefined) throw new WorkerStartError(`${place} does not exist: ${noExport(name, file)}`);
  if (typeof exported !== 'function') {
    throw new WorkerStartError(
      `${place} is not a ${method === undefined ? 'function' : 'class'}, but ${typeof exported}.`,
    );
  }
  if (method === undefined) {
    if (!isClass(exported)) return { kind: 'function', call: exported as AnyFunction, inject };
    throw new WorkerStartError(`${place} is a class. Name a method of it: '#${name}.method'.`);
  }
  if (typeof (exported.prototype as Record<string, unknown> | undefined)?.[method] !== 'function') {
    const close = nearest(method, methodNames(exported as unknown as Class));
    const mend = close ? ` Did you mean '${close}'?` : '';
    throw new WorkerStartError(`${place} does not exist: ${name} has no method '${method}'.${mend}`);
  }
  return { kind: 'method', service: exported as unknown as Class, key: method };
}

async function importFile(url: string, place: string): Promise<object> {
  try {
    return (await import(url)) as object;
  } catch (cause) {
    throw new WorkerStartError(`${place} cannot be imported: ${String(cause)}`, {
      cause,
    });
  }
}

function noExport(name: string, file: object): string {
  const names = Object.keys(file);
  const close = nearest(name, names);
  return close
    ? `did you mean '${close}'?`
    : `the file exports ${names.join(', ') || 'nothing'}. Export it, or name another in the path.`;
}

function own(module: object, name: string): unknown {
  if (Object.hasOwn(module, name)) return (module as Record<string, unknown>)[name];
  // CommonJS modules whose exports Node could not name.
  const fallback = (module as { default?: unknown }).default;
  return typeof fallback === 'object' && fallback !== null && Object.hasOwn(fallback, name)
    ? (fallback as Record<string, unknown>)[name]
    : undefined;
}
