import { inspect } from 'node:util';
import { container, type InjectionToken } from 'tsyringe';
import { Config } from '../config/config.js';
import { nearest } from '../config/nearest.js';
import { lineage, staticInjections, tsyringeTokens } from '../declare/metadata.js';
import type { Provider } from '../declare/module.js';
import { type Class, dependencyOf, type Token, tokenName } from '../declare/token.js';
import type { DependencyDefinition } from '../extend/dependency.js';
import { Logger } from '../extend/logger.js';
import { className } from './fault.js';
import { constructorInjections, type Injection, propertyInjections } from './injection.js';
import { classOf, isToken, isWhole, type ListedProvider, tokenOf } from './provider.js';

/** Follows what classes inject, through every class they reach; gathers dependencies and faults. */
export class InjectionScan {
  readonly dependencies = new Map<string, DependencyDefinition<unknown>>();
  readonly dependencyTokens = new Set<Token>();
  readonly #faults: string[];
  readonly #provided: ReadonlyMap<Token, Provider>;
  readonly #checkNames: boolean;
  readonly #done = new Set<Class>();

  /** `openContainer`: worker hooks may register tokens that nobody can know before. */
  constructor(
    providers: readonly ListedProvider[],
    faults: string[],
    { openContainer }: { openContainer: boolean },
  ) {
    this.#faults = faults;
    this.#checkNames = !openContainer;
    const whole = providers.filter((listed) => isWhole(listed, faults));
    this.#provided = new Map(whole.map(({ provider }) => [tokenOf(provider), provider]));
    for (const listed of whole) this.#provider(listed);
    // Factories and worker hooks reach for these by class, which no scan can see.
    for (const token of [Config, Logger]) this.token(token, 'the framework', 'worker');
  }

  /** A class that is made by the container: a service, an interceptor, a translator. */
  class(type: Class, place: string, path: readonly Class[] = []): void {
    if (path.includes(type)) {
      const circle = [...path.slice(path.indexOf(type)), type].map(className).join(' -> ');
      this.#faults.push(
        `${place}: classes need each other to be made: ${circle}. Move what both need into a class of its own.`,
      );
      return;
    }
    if (this.#done.has(type)) return;
    this.#done.add(type);
    const inside = [...path, type];
    for (const prototype of lineage(type)) this.#statics(prototype.constructor as unknown as Class, place);
    constructorInjections(type).forEach((injection, index) => {
      this.injection(injection, `${place}, constructor parameter ${index + 1}`, 'worker', inside);
    });
    for (const [key, injection] of propertyInjections(type)) {
      this.injection(injection, `${place}, property ${String(key)}`, 'worker', inside);
    }
  }

  /** One injected place; `scope` says whether it lives as long as the worker or as a call. */
  injection(
    injection: Injection,
    place: string,
    scope: 'worker' | 'call',
    path: readonly Class[] = [],
  ): void {
    if (injection.kind === 'fault') {
      this.#faults.push(`${place}: ${injection.fault}`);
      return;
    }
    this.token(injection.token, place, scope, path);
  }

  /** A token that somebody asks for. */
  token(token: Token, place: string, scope: 'worker' | 'call', path: readonly Class[] = []): void {
    const definition = dependencyOf(token);
    if (definition) {
      this.#dependency(definition, token, place, scope);
      return;
    }
    const provider = this.#provided.get(token);
    const type = provider === undefined ? token : classOf(provider);
    if (type === undefined || isRegistered(token)) return;
    if (isMakeable(type)) this.class(type, `${className(type)} (injected into ${place})`, path);
    else if (typeof token === 'string' || typeof token === 'symbol') this.#name(token, place);
    else if (!isDelayed(token)) this.#faults.push(`${place}: ${noToken(token)}`);
  }

  #name(token: string | symbol, place: string): void {
    if (!this.#checkNames) return;
    const names = [...this.#provided.keys()].filter((known) => typeof known === 'string');
    const close = typeof token === 'string' ? nearest(token, names) : undefined;
    const mend = close ? `: did you mean '${close}'?` : '. List it in @Module({ providers: [...] }).';
    this.#faults.push(`${place}: nothing provides ${tokenName(token)}${mend}`);
  }

  #statics(type: Class, place: string): void {
    for (const key of staticInjections(type)) {
      this.#faults.push(
        `${place}: @Inject stands on the static member ${String(key)}, but only instances get something injected. ` +
          'Remove "static".',
      );
    }
  }

  #dependency(
    definition: DependencyDefinition<unknown>,
    token: Token,
    place: string,
    scope: 'worker' | 'call',
  ): void {
    if (definition.scope === 'call' && scope === 'worker') {
      this.#faults.push(
        `${place}: ${definition.name} belongs to one call. Inject it into a parameter of the handler instead.`,
      );
    }
    const known = this.dependencies.get(definition.name);
    if (known && known !== definition) {
      this.#faults.push(
        `${place}: two different dependencies are called ${definition.name}. Rename one of them.`,
      );
    }
    if (typeof definition.worker !== 'function') {
      this.#faults.push(
        `${place}: dependency ${definition.name} has no worker(). Add the half that gives handlers their value: ` +
          'worker: (context) => ({ provide: () => value }).',
      );
    }
    this.dependencies.set(definition.name, definition);
    this.dependencyTokens.add(token);
  }

  #provider({ provider, where }: ListedProvider): void {
    const token = tokenOf(provider);
    const definition = isToken(provider) ? dependencyOf(provider) : undefined;
    const type = classOf(provider);
    const place = `${tokenName(type ?? token)}, a provider of ${where}`;
    if (definition) this.#dependency(definition, token, place, definition.scope ?? 'worker');
    else if (type) this.class(type, place);
  }
}

// The framework makes no `Date` or `Map`: whoever has one as a parameter forgot its token.
function isMakeable(token: unknown): token is Class {
  return typeof token === 'function' && token.prototype !== undefined && !isBuiltIn(token);
}

function isBuiltIn(type: unknown): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(type));
}

// With tsyringe's global container, by the user. What it is registered as cannot be seen, but for annotated classes.
function isRegistered(token: Token): boolean {
  const annotated = typeof token === 'function' && tsyringeTokens(token as Class) !== undefined;
  return !annotated && container.isRegistered(token as InjectionToken);
}

// What tsyringe's `delay()` makes.
function isDelayed(token: unknown): boolean {
  return typeof token === 'object' && token !== null && 'createProxy' in token;
}

function noToken(token: unknown): string {
  return typeof token === 'function' && isBuiltIn(token) && token.prototype !== undefined
    ? `nothing provides ${tokenName(token)}, and the framework makes no built-in objects. Name a token: @Inject(Token).`
    : `${inspect(token, { depth: 0 })} cannot be a token. Give a class, a string, a symbol, or a dependency.`;
}
