import type { Class } from '@micro-framework/core';

/** A module that was evaluated without a file: nothing tells where `@Module` stands. */
export interface DataModule {
  readonly module: Class;
  /** What its `import.meta.url` is. */
  readonly url: string;
}

/** Evaluates a module whose probe `where` tells process and thread; `url` is what it gives to `@Module`, as source. */
export async function dataModule({ url = 'undefined' } = {}): Promise<DataModule> {
  const core = import.meta.resolve('@micro-framework/core');
  const probe = import.meta.resolve('./probe.js');
  const source = `
    import { threadId } from 'node:worker_threads';
    import { Module, route } from '${core}';
    import { Probe } from '${probe}';
    const where = () => process.pid + '/' + threadId;
    export class DataModule {}
    Module({ routes: [route(where, Probe())], url: ${url} })(DataModule);`;
  const file = `data:text/javascript,${encodeURIComponent(source)}`;
  const { DataModule } = (await import(file)) as { DataModule: Class };
  return { module: DataModule, url: file };
}
