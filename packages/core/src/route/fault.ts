import { fileURLToPath } from 'node:url';

/** ` (/path/of/file.ts)`, for the end of a place in a message; nothing where the file is unknown. */
export function at(url: string | undefined): string {
  if (url === undefined) return '';
  return ` (${url.startsWith('file:') ? fileURLToPath(url) : url})`;
}

/** True for what was written as a class: it cannot be called. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** Why something that a list names can be undefined, and how to mend it. */
export const circular =
  'its file and the one that lists it import each other, so it is not evaluated yet. Move what both need into a third file.';

/** The name of a class in a message, also of what should have been one. */
export function className(type: unknown): string {
  if (typeof type === 'function') return type.name || 'an anonymous class';
  return String(type);
}
