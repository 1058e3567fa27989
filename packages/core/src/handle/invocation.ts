import type { AnyFunction, Class, Token } from '../declare/token.js';
import { dependencyOf } from '../declare/token.js';
import { methodInjections } from '../route/injection.js';
import type { ActiveCall } from './active-call.js';
import type { DependencyWorkers } from './dependency-workers.js';
import { type FunctionTarget, placesOf } from './handler-signature.js';
import type { LoadedTarget } from './path-import.js';
import type { WorkerContainer } from './worker-container.js';

/** Calls a target with the arguments of a call and what it injects. */
export type Invocation = (call: ActiveCall, args: readonly unknown[]) => unknown;

type Provide = (call: ActiveCall) => unknown;

/** Prepares the call of a target once, so that a call itself only places values. */
export function prepareInvocation(
  target: LoadedTarget,
  container: WorkerContainer,
  dependencies: DependencyWorkers,
): Invocation {
  const provideFor = (token: Token): Provide => provider(token, container, dependencies);
  return target.kind === 'method'
    ? methodInvocation(target.service, target.key, container, provideFor)
    : functionInvocation(target, target.inject.map(provideFor));
}

function methodInvocation(
  service: Class,
  key: string | symbol,
  container: WorkerContainer,
  provideFor: (token: Token) => Provide,
): Invocation {
  const injected = [...methodInjections(service, key)].flatMap(([index, injection]) =>
    injection.kind === 'token' ? [{ index, provide: provideFor(injection.token) }] : [],
  );
  return (call, args) => {
    // Made when the worker started, kept by the container.
    const instance = container.resolve(service) as Record<string | symbol, AnyFunction>;
    const all = [...args];
    for (const { index, provide } of injected) {
      while (all.length < index) all.push(undefined); // left-out optional arguments of a remote call
      all.splice(index, 0, provide(call));
    }
    return Reflect.apply(instance[key] as AnyFunction, instance, all);
  };
}

function functionInvocation(target: FunctionTarget, injected: readonly Provide[]): Invocation {
  if (injected.length === 0) return (_call, args) => Reflect.apply(target.call, undefined, args);
  const places = placesOf(target);
  return (call, args) => {
    const all = [...args];
    while (all.length < places) all.push(undefined); // left-out optional arguments of a remote call
    for (const provide of injected) all.push(provide(call));
    return Reflect.apply(target.call, undefined, all);
  };
}

function provider(token: Token, container: WorkerContainer, dependencies: DependencyWorkers): Provide {
  const definition = dependencyOf(token);
  const half = definition && dependencies.of(definition);
  return half ? (call) => half.provide(call) : () => container.resolve(token);
}
