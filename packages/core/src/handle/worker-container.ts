import { container, type DependencyContainer, instanceCachingFactory } from 'tsyringe';
import { tsyringeTokens } from '../declare/metadata.js';
import type { Provider } from '../declare/module.js';
import { type Class, dependencyOf, type Token } from '../declare/token.js';
import { WorkerStartError } from '../errors/kernel-errors.js';
import { className } from '../route/fault.js';
import {
  constructorInjections,
  hasInjections,
  type Injection,
  propertyInjections,
} from '../route/injection.js';
import type { RouteTable } from '../route/route-table.js';
import type { DependencyWorkers } from './dependency-workers.js';

/**
 * Makes services and what they inject: one instance a worker. A child of tsyringe's global container, so what is
 * registered there is found, and nothing leaks out of here.
 */
export class WorkerContainer {
  readonly container: DependencyContainer = container.createChildContainer();
  readonly #dependencies: DependencyWorkers;
  readonly #followed = new Set<Class>();

  constructor({ providers, dependencyTokens }: RouteTable, dependencies: DependencyWorkers) {
    this.#dependencies = dependencies;
    for (const token of dependencyTokens) this.#registerDependency(token);
    for (const provider of providers) this.#registerProvider(provider);
  }

  /** The value of a token, for something that lives as long as the worker. */
  resolve(token: Token): unknown {
    const definition = dependencyOf(token);
    if (definition) return this.#dependencies.of(definition).provide();
    if (typeof token === 'function' && !this.#isKnown(token as Class)) this.#registerClass(token as Class);
    return this.container.resolve(token as never);
  }

  // What tsyringe's global container has for a class annotated with our `@Inject`, such as by `@singleton()`, is
  // not enough to make it.
  #isKnown(type: Class): boolean {
    const here = this.container.isRegistered(type as never);
    return here || (this.container.isRegistered(type as never, true) && !hasInjections(type));
  }

  #registerDependency(token: Token): void {
    const definition = dependencyOf(token);
    // So that factories and tsyringe's own classes find built-ins such as Config by their class.
    if (typeof token === 'function' && definition && definition.scope !== 'call') {
      const useFactory = (): unknown => this.#dependencies.of(definition).provide();
      this.container.register(token as never, { useFactory } as never);
    }
  }

  #registerProvider(provider: Provider): void {
    if (dependencyOf(provider)) return; // by its token, see above
    if (typeof provider === 'function') {
      this.#registerClass(provider);
    } else if ('useValue' in provider) {
      this.container.register(provider.provide as never, { useValue: provider.useValue as never });
    } else if ('useClass' in provider) {
      const { useClass } = provider;
      const useFactory = instanceCachingFactory(() => this.#make(useClass));
      this.container.register(provider.provide as never, { useFactory });
    } else if ('useFactory' in provider) {
      const useFactory = instanceCachingFactory((own) => provider.useFactory(own));
      this.container.register(provider.provide as never, { useFactory } as never);
    }
  }

  #registerClass(type: Class): void {
    if (tsyringeTokens(type)) this.#registerInjected(type);
    else this.#registerOwn(type);
  }

  // A class annotated with tsyringe's own `@inject` is made by tsyringe, but what it injects may be ours to make.
  #registerInjected(type: Class): void {
    if (this.#followed.has(type)) return;
    this.#followed.add(type);
    for (const injection of constructorInjections(type)) {
      const token = injection.kind === 'token' ? injection.token : undefined;
      if (typeof token === 'function' && !this.#isKnown(token as Class)) this.#registerClass(token as Class);
    }
  }

  #registerOwn(type: Class): void {
    this.container.register(type as never, { useFactory: instanceCachingFactory(() => this.#make(type)) });
  }

  #make(type: Class): object {
    const place = (index: number): string => `${className(type)}, constructor parameter ${index + 1}`;
    const args = constructorInjections(type).map((injection, index) => this.#inject(injection, place(index)));
    const instance = Reflect.construct(type as unknown as new (...args: unknown[]) => object, args) as object;
    for (const [key, injection] of propertyInjections(type)) {
      const value = this.#inject(injection, `${className(type)}, property ${String(key)}`);
      // Defined after construction: a class field without a value would hide an accessor or overwrite it.
      Object.defineProperty(instance, key, { value, writable: true, enumerable: true, configurable: true });
    }
    return instance;
  }

  #inject(injection: Injection, place: string): unknown {
    if (injection.kind === 'token') return this.resolve(injection.token);
    throw new WorkerStartError(`${place}: ${injection.fault}`);
  }
}
