import type { InjectionToken } from 'tsyringe';
import type { DependencyDefinition } from '../extend/dependency.js';

// `never[]` accepts every constructor and every method, whatever its parameters.
/** Any class. */
export type Class<T = object> = abstract new (...args: never[]) => T;

/** Any function or method. */
export type AnyFunction = (...args: never[]) => unknown;

/** The key under which a token carries the definition of the dependency it stands for. */
export const dependency: unique symbol = Symbol.for('micro-framework.dependency') as never;

/** A token that knows how to make its value: a built-in such as `Producer`, or one made by `defineDependency`. */
export interface DependencyToken<T = unknown> {
  readonly [dependency]: DependencyDefinition<T>;
}

/** What `@Inject` takes: a class, a string or symbol that a module provides, or a dependency. */
export type Token<T = unknown> = InjectionToken<T> | Class<T> | DependencyToken<T>;

/** The definition a token carries, if it is a dependency. A subclass of a dependency class is not one itself. */
export function dependencyOf(token: unknown): DependencyDefinition<unknown> | undefined {
  if ((typeof token !== 'object' && typeof token !== 'function') || token === null) return undefined;
  return Object.hasOwn(token, dependency) ? (token as DependencyToken)[dependency] : undefined;
}

/** How a token is called in messages. */
export function tokenName(token: unknown): string {
  const definition = dependencyOf(token);
  if (definition) return definition.name;
  if (typeof token === 'function') return token.name || 'an anonymous class';
  return typeof token === 'string' ? `'${token}'` : String(token);
}
