import type { Provider } from '../declare/module.js';
import { fromWireError } from '../errors/wire-error.js';
import { type Interceptor, isClassWith, type Translator } from '../extend/interceptor.js';
import type { Logger } from '../extend/logger.js';
import type { Route } from '../route/route.js';
import type { ActiveCall } from './active-call.js';
import type { CallPlan, Invoke, Translate } from './call-plan.js';
import type { DependencyWorkers } from './dependency-workers.js';
import { handlerSignature } from './handler-signature.js';
import { type Invocation, prepareInvocation } from './invocation.js';
import { loadTarget } from './path-import.js';
import { usedDependencies } from './used-dependencies.js';
import type { WorkerContainer } from './worker-container.js';

/** What the routes of a worker are made ready with. */
export interface PlanParts {
  readonly container: WorkerContainer;
  readonly dependencies: DependencyWorkers;
  readonly providers: readonly Provider[];
  readonly log: Logger;
}

/** Makes a route ready: imports path targets, and looks up everything that is the same for every call. */
export async function planCall(
  route: Route,
  { container, dependencies, providers, log }: PlanParts,
): Promise<CallPlan> {
  const calls = await loadTarget(route.calls);
  const onFailure = route.onFailure && (await loadTarget(route.onFailure));
  const targets = onFailure ? [calls, onFailure] : [calls];
  const used = usedDependencies(route, targets, providers);
  const callBack = onFailure && prepareInvocation(onFailure, container, dependencies);
  return {
    route,
    log,
    services: targets.flatMap((target) => (target.kind === 'method' ? [target.service] : [])),
    handler: intercepted(route, prepareInvocation(calls, container, dependencies), container),
    onFailure: (active, { error }) => callBack?.(active, [...active.args, error && fromWireError(error)]),
    signature: () => handlerSignature(calls),
    translators: route.translators.map((translator): Translate => {
      if (!isClassWith('translate', translator)) return translator as unknown as Translate;
      return (payload, call) =>
        (container.resolve(translator) as Translator).translate(payload as never, call);
    }),
    hooked: used.definitions
      .map((definition) => dependencies.of(definition))
      .filter((half) => half.before !== undefined || half.after !== undefined),
    // A worker half that takes no context cannot ask.
    ambient:
      used.opaque || used.definitions.some(({ scope, worker }) => scope !== 'call' || worker.length > 0),
  };
}

/** Wraps a handler in its interceptors, the first outermost. */
function intercepted(route: Route, handler: Invocation, container: WorkerContainer): Invoke {
  const innermost = (active: ActiveCall): unknown => handler(active, active.args);
  return route.interceptors.reduceRight<(active: ActiveCall) => unknown>((inner, interceptor) => {
    const intercept: Interceptor['intercept'] = isClassWith('intercept', interceptor)
      ? (call, next) => (container.resolve(interceptor) as Interceptor).intercept(call, next)
      : (interceptor as Interceptor['intercept']);
    return (active) => intercept(active, async () => inner(active));
  }, innermost);
}
