import { type ModuleMark, moduleMark } from '../declare/metadata.js';
import type { ModuleOptions, WorkersOptions } from '../declare/module.js';
import type { Class } from '../declare/token.js';
import { at, circular, className } from './fault.js';
import { listed } from './options/checks.js';
import { moduleOptionFaults } from './options/module-option-faults.js';
import { workersFaults } from './options/workers-faults.js';

/** A module of the tree, listed once however often it is imported. */
export interface ModuleNode {
  readonly index: number;
  readonly type: Class;
  readonly mark: ModuleMark;
  /** The module that imported it first; undefined for the root. */
  readonly parent: ModuleNode | undefined;
  /** Index of the context whose workers run its routes. */
  readonly context: number;
}

/** A module with workers of its own, and those that share them. The root is always one. */
export interface Context {
  readonly index: number;
  readonly name: string;
  readonly workers: WorkersOptions;
}

/** The modules below a root, parents first. */
export interface ModuleTree {
  readonly modules: readonly ModuleNode[];
  readonly contexts: readonly Context[];
}

/** Walks the imports of a module; what is wrong is added to `faults`. */
export function moduleTree(root: Class, faults: string[]): ModuleTree {
  const modules: ModuleNode[] = [];
  const contexts: Context[] = [];
  const seen = new Set<Class>();

  const visit = (type: Class, parent: ModuleNode | undefined, path: readonly ModuleNode[]): void => {
    const first = path.findIndex((node) => node.type === type);
    if (first >= 0) {
      faults.push(circle(path.slice(first)));
      return;
    }
    if (seen.has(type)) return;
    seen.add(type);
    const declared = typeof type === 'function' ? moduleMark(type) : undefined;
    if (!declared) {
      faults.push(undecorated(type, parent));
      return;
    }
    const mark = { ...declared, options: readable(declared.options) };
    const node = {
      index: modules.length,
      type,
      mark,
      parent,
      context: contextOf(type, mark, parent, contexts),
    };
    modules.push(node);
    for (const fault of moduleOptionFaults(declared.options)) {
      faults.push(`@Module on ${className(type)}${at(mark.url)}: ${fault}`);
    }
    for (const fault of workersFaults(declared.options.workers)) {
      faults.push(`the workers of ${className(type)}${at(mark.url)}: ${fault}`);
    }
    for (const imported of mark.options.imports ?? []) visit(imported, node, [...path, node]);
  };

  visit(root, undefined, []);
  return { modules, contexts };
}

// A list that is none was told; the scan goes on to what else is wrong.
function readable(options: ModuleOptions): ModuleOptions {
  const { services, routes, imports, providers } = options;
  const lists = [services, routes, imports, providers];
  if (lists.every((list) => list === undefined || Array.isArray(list))) return options;
  return {
    ...options,
    services: listed(services),
    routes: listed(routes),
    imports: listed(imports),
    providers: listed(providers),
  };
}

function contextOf(
  type: Class,
  mark: ModuleMark,
  parent: ModuleNode | undefined,
  contexts: Context[],
): number {
  if (parent && !mark.options.workers) return parent.context;
  const index = contexts.length;
  contexts.push({ index, name: className(type), workers: mark.options.workers ?? {} });
  return index;
}

function circle(nodes: readonly ModuleNode[]): string {
  const names = nodes.map(({ type, mark }) => `${className(type)}${at(mark.url)}`);
  return (
    `the modules import each other in a circle: ${names.join(' -> ')} -> ${className(nodes[0]?.type)}. ` +
    'Move what they share into a module both import.'
  );
}

function undecorated(type: unknown, parent: ModuleNode | undefined): string {
  if (!parent) return `${className(type)} is not a module: put @Module({ services: [...] }) above the class.`;
  const where = `an import of ${className(parent.type)}${at(parent.mark.url)}`;
  return type === undefined
    ? `${where} is undefined: ${circular}`
    : `${className(type)}, ${where}, is not a module: put @Module({ ... }) above the class.`;
}
