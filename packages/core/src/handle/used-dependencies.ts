import type { Provider } from '../declare/module.js';
import { type AnyFunction, type Class, dependencyOf, type Token } from '../declare/token.js';
import type { DependencyDefinition } from '../extend/dependency.js';
import { isClassWith } from '../extend/interceptor.js';
import { constructorInjections, methodInjections, propertyInjections } from '../route/injection.js';
import { tokenOf } from '../route/provider.js';
import type { Route } from '../route/route.js';
import type { LoadedTarget } from './path-import.js';

/** What a route injects, directly or through the classes it reaches. */
export interface UsedDependencies {
  readonly definitions: readonly DependencyDefinition<unknown>[];
  /** A factory's value is among them: what that one uses cannot be seen. */
  readonly opaque: boolean;
}

/** Follows all that the targets, interceptors and translators of a route inject. */
export function usedDependencies(
  route: Route,
  targets: readonly LoadedTarget[],
  providers: readonly Provider[],
): UsedDependencies {
  const provided = new Map(providers.map((provider) => [tokenOf(provider), provider]));
  const definitions = new Set<DependencyDefinition<unknown>>();
  const seen = new Set<Class>();
  let opaque = false;

  const followToken = (token: Token): void => {
    const definition = dependencyOf(token);
    const provider = provided.get(token);
    if (definition) definitions.add(definition);
    else if (typeof provider === 'object' && 'useClass' in provider) followClass(provider.useClass);
    else if (typeof provider === 'object' && 'useFactory' in provider) opaque = true;
    else if (typeof provider === 'object') return;
    else if (typeof token === 'function') followClass(token as Class);
    else opaque = true; // registered by a worker hook
  };
  const followClass = (type: Class): void => {
    if (seen.has(type)) return;
    seen.add(type);
    for (const injection of [...constructorInjections(type), ...propertyInjections(type).values()]) {
      if (injection.kind === 'token') followToken(injection.token);
    }
  };
  const followTarget = (target: LoadedTarget): void => {
    if (target.kind === 'function') {
      target.inject.forEach(followToken);
      return;
    }
    followClass(target.service);
    for (const injection of methodInjections(target.service, target.key).values()) {
      if (injection.kind === 'token') followToken(injection.token);
    }
  };

  targets.forEach(followTarget);
  for (const around of [...route.interceptors, ...route.translators] as (AnyFunction | Class)[]) {
    if (isClassWith('intercept', around) || isClassWith('translate', around)) followClass(around);
  }
  return { definitions: [...definitions], opaque };
}
