import { memberMarks, serviceMark } from '../declare/metadata.js';
import type { Class } from '../declare/token.js';
import { ScanError } from '../errors/kernel-errors.js';
import { isClassWith } from '../extend/interceptor.js';
import { at, circular, className } from './fault.js';
import { InjectionScan } from './injection-scan.js';
import { type ModuleNode, moduleTree } from './module-tree.js';
import { serviceOptionFaults } from './options/service-option-faults.js';
import type { ListedProvider } from './provider.js';
import type { Route } from './route.js';
import type { RouteTable } from './route-table.js';
import { functionRoutes } from './targets/function-routes.js';
import { methodRoutes } from './targets/method-routes.js';

/**
 * Reads the marks of a module and all it imports into a route table. Gathers every fault and throws them as one
 * `ScanError`. Both sides scan, and get the same ids.
 *
 * @param faultsAmong - what is wrong with the routes beside each other, where that matters
 */
export function scan(
  root: Class,
  faultsAmong: (routes: readonly Route[]) => readonly string[] = () => [],
): RouteTable {
  const faults: string[] = [];
  const { modules, contexts } = moduleTree(root, faults);
  const listed = modules.flatMap(providersOf);
  const openContainer = modules.some((node) => node.mark.options.onWorkerStart !== undefined);
  const injections = new InjectionScan(listed, faults, { openContainer });
  faults.push(...listedTwice(modules));
  const routes = modules.flatMap((node) => moduleRoutes(node, injections, faults));
  for (const route of routes) scanAround(route, injections);
  faults.push(...faultsAmong(routes));
  // Faults above explain better why there are no routes.
  if (routes.length === 0 && faults.length === 0) faults.push(nothingToRun(modules[0]));
  if (faults.length > 0) throw ScanError.of([...new Set(faults)]);
  return {
    routes,
    modules,
    contexts,
    providers: listed.map(({ provider }) => provider),
    dependencies: [...injections.dependencies.values()],
    dependencyTokens: [...injections.dependencyTokens],
  };
}

function providersOf({ type, mark }: ModuleNode): ListedProvider[] {
  const where = `${className(type)}${at(mark.url)}`;
  return (mark.options.providers ?? []).map((provider) => ({ provider, where }));
}

function moduleRoutes(node: ModuleNode, injections: InjectionScan, faults: string[]): Route[] {
  const services = (node.mark.options.services ?? []).flatMap((service, index) => {
    const problem = serviceFault(service, node);
    if (problem) {
      faults.push(problem);
      return [];
    }
    const mark = serviceMark(service);
    const place = `${className(service)}${at(mark?.url)}`;
    for (const fault of serviceOptionFaults(mark?.options ?? {}))
      faults.push(`@Service on ${place}: ${fault}`);
    injections.class(service, place);
    return methodRoutes({ node, service, index, place }, injections, faults);
  });
  return [...services, ...functionRoutes(node, injections, faults)];
}

function serviceFault(service: unknown, node: ModuleNode): string | undefined {
  const where = `a service of ${className(node.type)}${at(node.mark.url)}`;
  if (service === undefined) {
    return `${where} is undefined: ${circular}`;
  }
  if (typeof service !== 'function') return `${where} is ${String(service)}, which is not a class.`;
  if (serviceMark(service as unknown as Class)) return undefined;
  const annotated = memberMarks(service as unknown as Class).length > 0;
  return `${className(service)}, ${where}, has no decorator: put @Service() above the class${annotated ? '' : ' and annotate its methods'}.`;
}

// Its routes would run twice, on two instances.
function listedTwice(modules: readonly ModuleNode[]): string[] {
  const owners = new Map<Class, ModuleNode>();
  return modules.flatMap((node) =>
    (node.mark.options.services ?? []).flatMap((service) => {
      const owner = owners.get(service);
      owners.set(service, node);
      if (!owner || service === undefined) return [];
      const others = owner === node ? 'twice' : `here and in ${className(owner.type)}${at(owner.mark.url)}`;
      return [
        `${className(service)}, a service of ${className(node.type)}${at(node.mark.url)}, is listed ${others}. List it once.`,
      ];
    }),
  );
}

function scanAround(route: Route, injections: InjectionScan): void {
  const where = `${route.target}${at(route.file)}`;
  for (const interceptor of route.interceptors) {
    if (typeof interceptor === 'function' && isClassWith('intercept', interceptor))
      injections.class(interceptor, `interceptor ${className(interceptor)} of ${where}`);
  }
  for (const translator of route.translators) {
    if (typeof translator === 'function' && isClassWith('translate', translator))
      injections.class(translator, `translator ${className(translator)} of ${where}`);
  }
}

function nothingToRun(root: ModuleNode | undefined): string {
  return (
    `${className(root?.type)}${at(root?.mark.url)} has no routes: list classes with @Service() in ` +
    '@Module({ services: [...] }) and annotate their methods, for example with @Timer(1_000).'
  );
}
