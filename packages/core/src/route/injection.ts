import {
  constructorMarks,
  emittedParameterTypes,
  type InjectMark,
  parameterMarks,
  propertyMarks,
  tsyringeTokens,
} from '../declare/metadata.js';
import { type Class, type Token, tokenName } from '../declare/token.js';

// What is injected where, read from the marks. The scan checks it, the worker carries it out.

/** A place that gets something injected: a token, or why there is none. */
export type Injection =
  | { readonly kind: 'token'; readonly token: Token }
  | { readonly kind: 'fault'; readonly fault: string };

// What the compiler emits for interfaces, primitives, unions, and classes imported as types.
const erased = new Set<unknown>([
  undefined,
  Object,
  Function,
  String,
  Number,
  Boolean,
  Array,
  Promise,
  Symbol,
  BigInt,
]);

const mend =
  'Name the token: @Inject(Token). Without one, the class must be imported as a value (not with "import type") and ' +
  'the compiler must emit decorator metadata: "emitDecoratorMetadata": true in tsconfig.json (tsx and esbuild emit none).';

/** Ordinary values, of whose type there is never one instance to be found. */
const primitives = new Map<unknown, string>([
  [String, 'a string'],
  [Number, 'a number'],
  [Boolean, 'a boolean'],
  [Symbol, 'a symbol'],
  [BigInt, 'a bigint'],
]);

/** One injection a constructor parameter; all of them must be tokens for the class to be made. */
export function constructorInjections(type: Class): Injection[] {
  const declaring = declaringClass(type);
  const marks = constructorMarks(declaring);
  const emitted = emittedParameterTypes(declaring);
  const tsyringe = tsyringeTokens(declaring);
  const marked = [...marks.keys(), ...(tsyringe?.keys() ?? [])].map((index) => index + 1);
  const count = Math.max(declaring.length, emitted?.length ?? 0, ...marked);
  return Array.from({ length: count }, (_, index) => {
    const token = tsyringe?.get(index);
    return token === undefined ? injectionOf(marks.get(index), emitted?.[index]) : { kind: 'token', token };
  });
}

/** Injected parameters of a method by index, in their order; the others get the arguments of the call. */
export function methodInjections(type: Class, key: string | symbol): ReadonlyMap<number, Injection> {
  const marks = [...parameterMarks(type, key)].sort(([a], [b]) => a - b);
  return new Map(marks.map(([index, mark]) => [index, injectionOf(mark, mark.emitted)]));
}

/** Injected properties by key. */
export function propertyInjections(type: Class): ReadonlyMap<string | symbol, Injection> {
  return new Map([...propertyMarks(type)].map(([key, mark]) => [key, injectionOf(mark, mark.emitted)]));
}

/** True for a class annotated with our `@Inject`, which tsyringe does not read. */
export function hasInjections(type: Class): boolean {
  return constructorMarks(declaringClass(type)).size > 0 || propertyMarks(type).size > 0;
}

function injectionOf(mark: InjectMark | undefined, emitted: unknown): Injection {
  const token = mark?.token ?? (mark ? mark.emitted : emitted);
  if (!erased.has(token)) return { kind: 'token', token: token as Token };
  if (mark?.token !== undefined) {
    return { kind: 'fault', fault: `${tokenName(token)} cannot be a token. ${mend}` };
  }
  return { kind: 'fault', fault: erasedFault(token, mark !== undefined) };
}

function erasedFault(type: unknown, decorated: boolean): string {
  const primitive = primitives.get(type);
  if (primitive) {
    return `${primitive} cannot be found by its type: name a token that a provider gives, such as @Inject('name').`;
  }
  if (type !== undefined) return `its type is erased to ${tokenName(type)} at run time. ${mend}`;
  // The compiler emits types for what a decorator stands on, and for nothing else.
  return decorated
    ? `no type was emitted for it. ${mend}`
    : 'no types were emitted: either the class has no decorator, then put @Inject() on the parameter; or the compiler ' +
        'emits none: set "emitDecoratorMetadata": true in tsconfig.json, or name the token: @Inject(Token).';
}

// A subclass without a constructor of its own takes its base's. What JavaScript makes for it has no parameters, and
// neither marks nor emitted types.
function declaringClass(type: Class): Class {
  const declares = type.length > 0 || constructorMarks(type).size > 0 || emittedParameterTypes(type);
  if (declares || tsyringeTokens(type)) return type;
  const base: unknown = Object.getPrototypeOf(type);
  return typeof base === 'function' && base !== Function.prototype ? declaringClass(base as Class) : type;
}
