import 'reflect-metadata';
import type { EntrypointMark } from '../extend/entrypoint.js';
import type { ModuleOptions } from './module.js';
import type { ServiceOptions } from './service.js';
import type { Class, Token } from './token.js';

// What decorators write down at import time, and the only place that touches reflect-metadata. The keys are
// global symbols, so that two copies of this package in one process read each other's marks.

/** A module's options and where it was declared. */
export interface ModuleMark {
  readonly options: ModuleOptions;
  /** URL of the file under evaluation when the module was declared; unknown in `node -e` and `data:` URLs. */
  readonly url: string | undefined;
  /** The same on the main side and in a worker: the file, and the how-many-eth module of it this is. */
  readonly key: string;
}

/** A service's options and where it was declared. */
export interface ServiceMark {
  readonly options: ServiceOptions;
  readonly url: string | undefined;
}

/** One annotated member. A decorator cannot refuse an accessor or a static method: the scan does. */
export interface MemberMark {
  readonly key: string | symbol;
  readonly place: 'method' | 'accessor' | 'static';
  readonly entrypoint: EntrypointMark;
}

/** An injected parameter or property: the token named, and what the compiler emitted for its type. */
export interface InjectMark {
  readonly token: Token | undefined;
  readonly emitted: unknown;
}

const keys = {
  module: Symbol.for('micro-framework.module'),
  service: Symbol.for('micro-framework.service'),
  members: Symbol.for('micro-framework.members'),
  parameters: Symbol.for('micro-framework.parameters'),
  properties: Symbol.for('micro-framework.properties'),
};

/** The key of constructor parameters among the parameters of methods. */
export const constructorKey = 'constructor';

export function markModule(target: Class, mark: ModuleMark): void {
  Reflect.defineMetadata(keys.module, mark, target);
}

export function moduleMark(target: Class): ModuleMark | undefined {
  return Reflect.getOwnMetadata(keys.module, target) as ModuleMark | undefined;
}

export function markService(target: Class, mark: ServiceMark): void {
  Reflect.defineMetadata(keys.service, mark, target);
}

export function serviceMark(target: Class): ServiceMark | undefined {
  return Reflect.getOwnMetadata(keys.service, target) as ServiceMark | undefined;
}

export function markMember(target: object, mark: MemberMark): void {
  own<MemberMark[]>(keys.members, typeof target === 'function' ? target.prototype : target, () => []).push(
    mark,
  );
}

/** The marks of a class and its bases; a member annotated again in a subclass replaces the base's marks of it. */
export function memberMarks(target: Class): MemberMark[] {
  const byKey = new Map<string | symbol, MemberMark[]>();
  for (const prototype of lineage(target)) {
    const marks = (Reflect.getOwnMetadata(keys.members, prototype) ?? []) as MemberMark[];
    for (const key of new Set(marks.map((mark) => mark.key))) {
      byKey.set(
        key,
        marks.filter((mark) => mark.key === key),
      );
    }
  }
  return [...byKey.values()].flat();
}

export function markParameter(target: object, key: string | symbol, index: number, mark: InjectMark): void {
  const methods = own<Map<string | symbol, Map<number, InjectMark>>>(
    keys.parameters,
    target,
    () => new Map(),
  );
  methods.set(key, (methods.get(key) ?? new Map<number, InjectMark>()).set(index, mark));
}

/** The injected parameters of a method; of the nearest class that annotates any. */
export function parameterMarks(target: Class, key: string | symbol): ReadonlyMap<number, InjectMark> {
  return (
    lineage(target)
      .map((prototype) => ownParameters(prototype).get(key))
      .findLast((marks) => marks !== undefined) ?? new Map()
  );
}

/** The injected constructor parameters that a class annotates itself. */
export function constructorMarks(target: Class): ReadonlyMap<number, InjectMark> {
  return ownParameters(target).get(constructorKey) ?? new Map();
}

/** Static members of a class that are injected, which does nothing. */
export function staticInjections(target: Class): (string | symbol)[] {
  const properties = (Reflect.getOwnMetadata(keys.properties, target) ?? new Map()) as Map<
    string | symbol,
    InjectMark
  >;
  return [...ownParameters(target).keys(), ...properties.keys()].filter((key) => key !== constructorKey);
}

function ownParameters(holder: object): ReadonlyMap<string | symbol, Map<number, InjectMark>> {
  return Reflect.getOwnMetadata(keys.parameters, holder) ?? new Map();
}

export function markProperty(prototype: object, key: string | symbol, mark: InjectMark): void {
  own<Map<string | symbol, InjectMark>>(keys.properties, prototype, () => new Map()).set(key, mark);
}

/** The injected properties of a class and its bases. */
export function propertyMarks(target: Class): ReadonlyMap<string | symbol, InjectMark> {
  const marks = lineage(target).map((prototype) => Reflect.getOwnMetadata(keys.properties, prototype));
  return new Map(marks.flatMap((own: Map<string | symbol, InjectMark> | undefined) => [...(own ?? [])]));
}

/** The types the compiler emitted for the parameters of a method or a constructor, if it emitted any. */
export function emittedParameterTypes(target: object, key?: string | symbol): unknown[] | undefined {
  const types =
    key === undefined
      ? Reflect.getOwnMetadata('design:paramtypes', target)
      : Reflect.getOwnMetadata('design:paramtypes', target, key);
  return types as unknown[] | undefined;
}

/** The type the compiler emitted for a property, if it emitted one. */
export function emittedType(prototype: object, key: string | symbol): unknown {
  return Reflect.getOwnMetadata('design:type', prototype, key);
}

/** The tokens by parameter of a class annotated with tsyringe's own `@inject`; undefined for others. */
export function tsyringeTokens(target: Class): ReadonlyMap<number, Token> | undefined {
  const tokens = Reflect.getOwnMetadata('injectionTokens', target) as Record<string, unknown> | undefined;
  if (!tokens) return undefined;
  return new Map(Object.entries(tokens).map(([index, token]) => [Number(index), tokenIn(token)]));
}

// tsyringe keeps the token itself, or an object around it.
function tokenIn(described: unknown): Token {
  const isObject = typeof described === 'object' && described !== null;
  return (isObject && 'token' in described ? described.token : described) as Token;
}

/** The names of the methods and accessors of a class and its bases. */
export function methodNames(target: Class): string[] {
  return lineage(target)
    .flatMap((prototype) => Object.getOwnPropertyNames(prototype))
    .filter((name) => name !== 'constructor');
}

/** The prototypes of a class and its bases, the base first. */
export function lineage(target: Class): object[] {
  const chain: object[] = [];
  for (
    let at: object | null = target.prototype;
    at && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    chain.unshift(at);
  }
  return chain;
}

function own<T>(key: symbol, target: object, create: () => T): T {
  const present = Reflect.getOwnMetadata(key, target) as T | undefined;
  if (present) return present;
  const created = create();
  Reflect.defineMetadata(key, created, target);
  return created;
}
