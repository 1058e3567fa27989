import { Deadline } from '../extend/deadline.js';
import type { Extension, ExtensionContext, SharedDefinition } from '../extend/extension.js';
import type { HealthPart } from '../extend/health.js';
import type { Logger } from '../extend/logger.js';

interface Member {
  readonly name: string;
  readonly extension: Extension;
}

/** Extensions of one kind, set up and started in order, stopped in reverse. */
export class ExtensionSet {
  readonly #members: Member[] = [];
  readonly #log: Logger;
  #setUp = 0;
  #closed = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, extension: Extension): void {
    this.#members.push({ name, extension });
  }

  async setup(): Promise<void> {
    // Counted before it ends: what failed half-way is stopped too.
    for (const { extension } of this.#members) {
      if (this.#closed) return;
      this.#setUp += 1;
      await extension.setup?.();
    }
  }

  async start(): Promise<void> {
    for (const { extension } of this.#members) {
      if (this.#closed) return;
      await extension.start?.();
    }
  }

  /** What those that report say of themselves. */
  health(): HealthPart[] {
    const parts: HealthPart[] = [];
    for (const { name, extension } of this.#members) {
      const report = extension.health?.();
      if (report) parts.push({ name, ...report });
    }
    return parts;
  }

  /** A stop has begun: what is not set up or started yet will not be. */
  close(): void {
    this.#closed = true;
  }

  /** Stops what was set up, each within the deadline, whatever becomes of the others. */
  async stop(deadline: Deadline): Promise<void> {
    for (const { name, extension } of this.#members.slice(0, this.#setUp).reverse()) {
      try {
        const inTime = await deadline.within(Promise.resolve(extension.stop?.(deadline)));
        if (!inTime) this.#log.error({ extension: name }, 'an extension did not stop in time');
      } catch (err) {
        this.#log.error({ err, extension: name }, 'an extension failed to stop');
      }
    }
    this.#setUp = 0;
  }
}

/** The shared extensions of a runner: one of each definition, made when first asked for. */
export class SharedExtensions extends ExtensionSet {
  readonly #instances = new Map<SharedDefinition<Extension>, Extension>();
  #sealed = false;

  override setup(): Promise<void> {
    this.#sealed = true;
    return super.setup();
  }

  get<T extends Extension>(definition: SharedDefinition<T>, context: ExtensionContext): T {
    const present = this.#instances.get(definition);
    if (present) return present as T;
    if (this.#sealed) {
      throw new Error(
        `${definition.name} was asked for when shared extensions were set up already. Ask in main() or create().`,
      );
    }
    const created = definition.create(context);
    this.#instances.set(definition, created);
    this.add(definition.name, created);
    return created;
  }
}
