import { createHash } from 'node:crypto';

// Where the framework itself lies: what surrounds a handler differs from mode to mode, and is not what failed.
const ownFolder = new URL('..', import.meta.url).href;

const hashLength = 12;

/**
 * A short name for the place an error was thrown at, so that equal failures can be counted and told from others: twelve
 * hexadecimal digits of the functions and files in its stack. The same in every process and on every machine, and after
 * a change elsewhere in a file: message, folders, lines and columns do not count, nor do frames of Node or of the
 * framework. `undefined` for a stack without frames.
 */
export function stackHash(name: string, stack: string): string | undefined {
  const frames = stack.split('\n').map(placeOf).filter(isPlace);
  // A recursion's depth says nothing.
  const places = frames.filter((place, index) => place !== frames[index - 1]);
  if (places.length === 0) return undefined;
  return createHash('sha256')
    .update([name, ...places].join('\n'))
    .digest('hex')
    .slice(0, hashLength);
}

/** `Billing.bill billing.js` of a frame; `undefined` of a line that is none, or that does not count. */
function placeOf(line: string): string | undefined {
  const frame = /^\s+at (?:async )?(?:(.*) \()?(.*):\d+:\d+\)?$/.exec(line);
  if (!frame) return undefined;
  const [, caller = '', file = ''] = frame;
  if (file.startsWith('node:') || file.startsWith(ownFolder)) return undefined;
  return `${caller} ${withoutFolders(file)}`;
}

/** A file's name; within a package, its path in there. */
function withoutFolders(file: string): string {
  const path = file.replaceAll('\\', '/');
  const packages = path.lastIndexOf('/node_modules/');
  return packages >= 0
    ? path.slice(packages + '/node_modules/'.length)
    : path.slice(path.lastIndexOf('/') + 1);
}

function isPlace(place: string | undefined): place is string {
  return place !== undefined;
}
