// An entrypoint written against what the kernel offers to everybody: it calls a method for each file in a folder.
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  annotate,
  type EntrypointContext,
  type EntrypointDecorator,
  type EntrypointDefinition,
  type Extension,
  type RouteOptions,
} from '@micro-framework/core';

interface WatchOptions extends RouteOptions {
  readonly folder: string;
}

const definition: EntrypointDefinition<WatchOptions> = {
  kind: 'Watch',
  arity: 1,
  optionNames: ['folder'],
  check: ({ folder }) => (folder === '' ? ['it has no folder: name one.'] : []),
  claims: ({ entrypoint }) => [`the folder ${resolve(entrypoint.options.folder)}`],
  create: (context) => new FolderWatcher(context),
  receive: (input) => ({ kind: 'call', args: [input] }),
};

/** Calls the method with the path of each file that is put into the folder; then it goes to `done`, or to `failed`. */
export function Watch(folder: string, options: RouteOptions = {}): EntrypointDecorator<[path: string]> {
  return annotate(definition, { folder, ...options });
}

class FolderWatcher implements Extension {
  readonly #context: EntrypointContext<WatchOptions>;
  readonly #folder: string;
  readonly #taken = new Set<string>();
  #watcher: FSWatcher | undefined;

  constructor(context: EntrypointContext<WatchOptions>) {
    this.#context = context;
    this.#folder = resolve(context.route.entrypoint.options.folder);
  }

  async setup(): Promise<void> {
    for (const folder of ['done', 'failed']) await mkdir(join(this.#folder, folder), { recursive: true });
  }

  async start(): Promise<void> {
    this.#watcher = watch(this.#folder, (_event, name) => this.#notice(name));
    this.#watcher.on('error', (error) => this.#context.fail(error));
    for (const name of await readdir(this.#folder)) this.#notice(name);
  }

  stop(): void {
    this.#watcher?.close();
  }

  #notice(name: string | null, attempt = 1): void {
    if (name !== null) this.#take(name, attempt).catch((error) => this.#context.fail(error));
  }

  async #take(name: string, attempt: number): Promise<void> {
    const path = join(this.#folder, name);
    const file = await stat(path).catch(() => undefined); // gone again
    if (!file?.isFile() || (attempt === 1 && this.#taken.has(name))) return;
    this.#taken.add(name);
    await this.#context.dispatch({ input: path, attempt, messageId: name }, async (ending) => {
      if (ending.kind === 'retry') setTimeout(() => this.#notice(name, ending.attempt), ending.delay);
      else if (ending.kind === 'requeue')
        this.#taken.delete(name); // it stays where it is, for the next start
      else {
        await rename(path, join(this.#folder, ending.kind === 'ack' ? 'done' : 'failed', name));
        this.#taken.delete(name);
      }
    });
  }
}
