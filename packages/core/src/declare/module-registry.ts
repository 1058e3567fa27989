import type { Class } from './token.js';

// Module classes in the order their files declare them. A worker imports the file and finds the class by its
// place in it: class names would not do, minifiers change them.

const globalKey = Symbol.for('micro-framework.modules');

interface Registry {
  readonly classes: Map<string, Class>;
  readonly counts: Map<string, number>;
}

function registry(): Registry {
  const holder = globalThis as { [globalKey]?: Registry };
  holder[globalKey] ??= { classes: new Map(), counts: new Map() };
  return holder[globalKey];
}

/** Notes a module class and gives it the key by which a worker finds it. */
export function registerModule(url: string | undefined, target: Class): string {
  const { classes, counts } = registry();
  const file = url ?? 'unknown';
  const index = counts.get(file) ?? 0;
  counts.set(file, index + 1);
  const key = `${file}#${index}`;
  classes.set(key, target);
  return key;
}

/** The module class of a key, once its file was evaluated that far. */
export function registeredModule(key: string): Class | undefined {
  return registry().classes.get(key);
}
