import type { Provider } from '../declare/module.js';
import type { Token } from '../declare/token.js';
import type { DependencyDefinition } from '../extend/dependency.js';
import type { Context, ModuleNode } from './module-tree.js';
import type { Route } from './route.js';

/** All that the scan read: the routes, what runs them and what they need. */
export interface RouteTable {
  readonly routes: readonly Route[];
  readonly modules: readonly ModuleNode[];
  readonly contexts: readonly Context[];
  readonly providers: readonly Provider[];
  /** Every dependency that some class or route of the service injects. */
  readonly dependencies: readonly DependencyDefinition<unknown>[];
  /** The tokens they are injected by. */
  readonly dependencyTokens: readonly Token[];
}
