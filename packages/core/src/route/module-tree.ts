import { type ModuleMark, moduleMark } from '../declare/metadata.js';
import type { WorkersOptions } from '../declare/module.js';
import type { Class } from '../declare/token.js';
import { at, circular, className } from './fault.js';
import { moduleOptionFaults, workersFaults } from './option-faults.js';

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

  const visit = (type: Class, parent: ModuleNode | undefined, path: readonly Class[]): void => {
    if (path.includes(type)) {
      const cycle = [...path.slice(path.indexOf(type)), type].map(className).join(' -> ');
      faults.push(
        `the modules import each other in a circle: ${cycle}. Move what they share into a module both import.`,
      );
      return;
    }
    if (seen.has(type)) return;
    seen.add(type);
    const mark = typeof type === 'function' ? moduleMark(type) : undefined;
    if (!mark) {
      faults.push(undecorated(type, parent));
      return;
    }
    const node = {
      index: modules.length,
      type,
      mark,
      parent,
      context: contextOf(type, mark, parent, contexts),
    };
    modules.push(node);
    for (const fault of moduleOptionFaults(mark.options)) {
      faults.push(`@Module on ${className(type)}${at(mark.url)}: ${fault}`);
    }
    for (const fault of workersFaults(mark.options.workers)) {
      faults.push(`the workers of ${className(type)}${at(mark.url)}: ${fault}`);
    }
    for (const imported of mark.options.imports ?? []) visit(imported, node, [...path, type]);
  };

  visit(root, undefined, []);
  return { modules, contexts };
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

function undecorated(type: unknown, parent: ModuleNode | undefined): string {
  if (!parent) return `${className(type)} is not a module: put @Module({ services: [...] }) above the class.`;
  const where = `an import of ${className(parent.type)}${at(parent.mark.url)}`;
  return type === undefined
    ? `${where} is undefined: ${circular}`
    : `${className(type)}, ${where}, is not a module: put @Module({ ... }) above the class.`;
}
