import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * URL of the file that was being evaluated when `factory` was called; undefined where there is none
 * (`node -e`, `data:` URLs). Call it in a decorator's factory: the decorator itself runs below helper code.
 */
export function callSite(factory: AnyCallable): string | undefined {
  const frames = framesBelow(factory);
  // Node's own loader is below the module under evaluation, so the last frame above it is that module, also
  // when a helper in another file wraps the decorator.
  const loader = frames.findIndex((frame) => frame.startsWith('node:'));
  const own = loader < 0 ? frames : frames.slice(0, loader);
  return own.map(fileUrl).filter(exists).at(-1);
}

type AnyCallable = (...args: never[]) => unknown;

function framesBelow(factory: AnyCallable): string[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  try {
    Error.prepareStackTrace = (_error, sites) => sites;
    Error.stackTraceLimit = 30;
    Error.captureStackTrace(holder, factory);
    const sites = holder.stack as NodeJS.CallSite[] | undefined; // computed on first read, so inside this block
    return Array.isArray(sites) ? sites.map((site) => site.getFileName() ?? 'node:unknown') : [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function fileUrl(name: string): string | undefined {
  if (name.startsWith('file:')) return name;
  return isAbsolute(name) ? pathToFileURL(name).href : undefined;
}

function exists(url: string | undefined): url is string {
  return url !== undefined && existsSync(new URL(url));
}
