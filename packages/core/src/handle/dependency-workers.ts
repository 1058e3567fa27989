import { WorkerStartError } from '../errors/kernel-errors.js';
import type { DependencyContext, DependencyDefinition, DependencyWorker } from '../extend/dependency.js';

type Definition = DependencyDefinition<unknown>;
type Half = DependencyWorker<unknown>;

/** The worker halves of a worker's dependencies, one each. */
export class DependencyWorkers {
  readonly #halves = new Map<string, Half>();
  readonly #contextOf: (definition: Definition) => DependencyContext;

  constructor(definitions: readonly Definition[], contextOf: (definition: Definition) => DependencyContext) {
    this.#contextOf = contextOf;
    for (const definition of definitions)
      this.#halves.set(definition.name, definition.worker(contextOf(definition)));
  }

  /** The half of a definition. Throws for one with a main half that the scan did not see, so nobody set it up. */
  of(definition: Definition): Half {
    const known = this.#halves.get(definition.name);
    if (known) return known;
    if (definition.main) throw new WorkerStartError(notSetUp(definition.name));
    const made = definition.worker(this.#contextOf(definition));
    this.#halves.set(definition.name, made);
    return made;
  }

  /** All that were made. */
  all(): Iterable<Half> {
    return this.#halves.values();
  }
}

function notSetUp(name: string): string {
  return (
    `nothing was set up for ${name}: only a class or function behind a path, or a factory, asks for it, and the main ` +
    `side does not load those. List it in @Module({ providers: [${name}] }).`
  );
}
