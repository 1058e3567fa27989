import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import {
  Config,
  Inject,
  Logger,
  Module,
  type Provider,
  Service,
  type WorkerHookContext,
} from '@micro-framework/core';
import { inject, injectable, singleton } from 'tsyringe';
import ts from 'typescript';
import type * as injected from '../fixtures/injected.js';
import { hostOf, openHost } from '../support/host.js';
import { Probe } from '../support/probe.js';
import { moduleOf } from '../support/scan.js';

describe('injection with named tokens', () => {
  for (const emitDecoratorMetadata of [true, false]) {
    for (const useDefineForClassFields of [true, false]) {
      const compiled = `${emitDecoratorMetadata ? 'with' : 'without'} metadata and with ${
        useDefineForClassFields ? 'defined' : 'assigned'
      } fields`;

      test(`fills constructors, properties and parameters when compiled ${compiled}`, async (t) => {
        const { InjectedModule, Repository } = await compile({
          emitDecoratorMetadata,
          useDefineForClassFields,
        });
        const { answer } = await openHost(t, InjectedModule);

        assert.deepEqual(await answer('Tasks.members'), {
          kept: 'initialised',
          log: 'function',
          greeting: 'hello',
          service: 'shop',
          unit: 'kg',
          same: true,
        });
        assert.deepEqual(await answer('Tasks.parameters', 1, 2), {
          attempt: 1,
          first: 1,
          retries: 0,
          own: true,
          second: 2,
          unit: 'kg',
        });
        assert.equal(Repository.made, 1);
      });
    }
  }
});

describe('injection by emitted types', () => {
  test('needs no token where the type is a class', async (t) => {
    class Prices {
      readonly of = 7;
    }
    class Repository {
      constructor(@Inject() readonly prices: Prices) {}
    }
    @Service()
    class Tasks {
      @Inject()
      private readonly config!: Config;

      constructor(private readonly repository: Repository) {}

      @Probe()
      run(payload: unknown, @Inject() log: Logger): unknown {
        return [this.repository.prices.of, this.config.serviceName, payload, typeof log.warn];
      }
    }

    const { answer } = await openHost(t, moduleOf({ services: [Tasks] }));

    assert.deepEqual(await answer('Tasks.run', 'a'), [7, 'shop', 'a', 'function']);
  });

  test("gives a subclass without a constructor what its base's takes", async (t) => {
    class Base {
      constructor(
        @Inject(Config) readonly config: Config,
        @Inject('unit') readonly unit: string,
      ) {}
    }
    class Middle extends Base {}
    @Service()
    class Tasks extends Middle {
      @Probe()
      run(): unknown {
        return [this.config.serviceName, this.unit];
      }
    }

    const module = moduleOf({ services: [Tasks], providers: [{ provide: 'unit', useValue: 'kg' }] });
    const { answer } = await openHost(t, module);

    assert.deepEqual(await answer('Tasks.run'), ['shop', 'kg']);
  });

  test('gives a subclass with a constructor what that one takes', async (t) => {
    class Base {
      constructor(
        @Inject('unit') readonly unit: string,
        @Inject('unit') readonly other: string,
      ) {}
    }
    @Service()
    class Tasks extends Base {
      constructor(readonly config: Config) {
        super('from the subclass', 'too');
      }

      @Probe()
      run(): unknown {
        return [this.config.serviceName, this.unit, this.other];
      }
    }

    const { answer } = await openHost(t, moduleOf({ services: [Tasks] }));

    assert.deepEqual(await answer('Tasks.run'), ['shop', 'from the subclass', 'too']);
  });

  test("calls an override with what its base's parameters inject", async (t) => {
    class Base {
      @Probe()
      run(_payload: unknown, @Inject('unit') unit: string): unknown {
        return unit;
      }
    }
    @Service()
    class Tasks extends Base {
      override run(payload: unknown, unit: string): unknown {
        return `${payload} ${unit}`;
      }
    }

    const module = moduleOf({ services: [Tasks], providers: [{ provide: 'unit', useValue: 'kg' }] });
    const { answer } = await openHost(t, module);

    assert.equal(await answer('Tasks.run', 3), '3 kg');
  });
});

describe('a handler parameter', () => {
  @Service()
  class Tasks {
    @Probe()
    late(first: unknown, second: unknown, @Inject('unit') unit: string, ...rest: unknown[]): unknown {
      return [first, second, unit, rest];
    }
  }
  const module = moduleOf({ services: [Tasks], providers: [{ provide: 'unit', useValue: 'kg' }] });

  test('is injected at its place when arguments before it were left out', async (t) => {
    const { answer } = await openHost(t, module);

    assert.deepEqual(await answer('Tasks.late'), [undefined, undefined, 'kg', []]);
    assert.deepEqual(await answer('Tasks.late', 1), [1, undefined, 'kg', []]);
  });

  test('is injected at its place when there are arguments after it', async (t) => {
    const { answer } = await openHost(t, module);

    assert.deepEqual(await answer('Tasks.late', 1, 2, 3, 4), [1, 2, 'kg', [3, 4]]);
  });
});

describe('a provider', () => {
  abstract class Clock {
    abstract now(): number;
  }
  class FixedClock extends Clock {
    static made = 0;

    constructor(@Inject('start') readonly start: number) {
      super();
      FixedClock.made += 1;
    }

    now(): number {
      return this.start;
    }
  }
  @Service()
  class Tasks {
    constructor(
      @Inject(Clock) private readonly clock: Clock,
      @Inject('start') private readonly start: number,
    ) {}

    @Probe()
    run(@Inject(Clock) again: Clock): unknown {
      return [this.clock.now(), this.start, again === this.clock];
    }
  }
  const kinds: [title: string, clock: Provider][] = [
    ['useClass', { provide: Clock, useClass: FixedClock }],
    ['useValue', { provide: Clock, useValue: { now: () => 5 } }],
    ['useFactory', { provide: Clock, useFactory: (container) => new FixedClock(container.resolve('start')) }],
  ];
  for (const [title, clock] of kinds) {
    test(`gives one instance a worker: ${title}`, async (t) => {
      FixedClock.made = 0;
      const module = moduleOf({ services: [Tasks], providers: [clock, { provide: 'start', useValue: 5 }] });
      const { answer } = await openHost(t, module);

      assert.deepEqual(await answer('Tasks.run'), [5, 5, true]);
      assert.deepEqual(await answer('Tasks.run'), [5, 5, true]);
      assert.ok(FixedClock.made <= 1);
    });
  }

  test('may be a class alone, also with injected parameters of its own', async (t) => {
    @Service()
    class Uses {
      constructor(@Inject(FixedClock) private readonly clock: FixedClock) {}

      @Probe()
      run(): unknown {
        return this.clock.now();
      }
    }
    const module = moduleOf({ services: [Uses], providers: [FixedClock, { provide: 'start', useValue: 8 }] });
    const { answer } = await openHost(t, module);

    assert.equal(await answer('Uses.run'), 8);
  });

  test('of an imported module serves the modules above and beside it, too', async (t) => {
    const clocks = moduleOf({ providers: [{ provide: Clock, useClass: FixedClock }] });
    const starts = moduleOf({ providers: [{ provide: 'start', useValue: 9 }] });
    const { answer } = await openHost(t, moduleOf({ services: [Tasks], imports: [clocks, starts] }));

    assert.deepEqual(await answer('Tasks.run'), [9, 9, true]);
  });

  test('reaches Config and Logger in a factory, whether others inject them or not', async (t) => {
    const useFactory: Extract<Provider, { useFactory: unknown }>['useFactory'] = (container) => [
      container.resolve<Config>(Config as never).serviceName,
      typeof container.resolve<Logger>(Logger as never).info,
    ];
    @Service()
    class Uses {
      @Probe()
      run(@Inject('made') made: unknown): unknown {
        return made;
      }
    }
    const module = moduleOf({ services: [Uses], providers: [{ provide: 'made', useFactory }] });
    const { answer } = await openHost(t, module);

    assert.deepEqual(await answer('Uses.run'), ['shop', 'function']);
  });
});

describe('a service', () => {
  test('is made once, when its worker starts', async (t) => {
    let made = 0;
    @Service()
    class Tasks {
      constructor() {
        made += 1;
      }

      @Probe()
      run(): number {
        return made;
      }

      @Probe()
      other(): number {
        return made;
      }
    }
    const { answer } = await openHost(t, moduleOf({ services: [Tasks] }));

    assert.equal(made, 1);
    assert.deepEqual(
      await Promise.all([answer('Tasks.run'), answer('Tasks.run'), answer('Tasks.other')]),
      [1, 1, 1],
    );
  });

  test('that cannot be made keeps the worker from starting', async () => {
    @Service()
    class Tasks {
      constructor() {
        throw new TypeError('no licence');
      }

      @Probe()
      run(): void {}
    }

    const host = await hostOf(moduleOf({ services: [Tasks] }));

    await assert.rejects(host.start(), new TypeError('no licence'));
  });

  test('is made after the hooks, which may register what it injects, and only where its routes run', async (t) => {
    const made: string[] = [];
    @Service()
    class Tasks {
      constructor(@Inject('late') late: string) {
        made.push(late);
      }

      @Probe()
      run(): void {}
    }
    const onWorkerStart = ({ container }: WorkerHookContext): void => {
      container.registerInstance('late', 'registered by the hook');
    };
    const tasks = moduleOf({ services: [Tasks], workers: {}, onWorkerStart });
    const module = moduleOf({ imports: [tasks] });

    await openHost(t, module);
    assert.deepEqual(made, []);
    await openHost(t, module, { context: 1 });
    assert.deepEqual(made, ['registered by the hook']);
  });

  test('is another instance in each worker', async (t) => {
    let made = 0;
    @Service()
    class Tasks {
      readonly number = ++made;

      @Probe()
      run(): number {
        return this.number;
      }
    }
    const module = moduleOf({ services: [Tasks] });
    const [first, second] = [await openHost(t, module), await openHost(t, module)];

    assert.deepEqual([await first.answer('Tasks.run'), await second.answer('Tasks.run')], [1, 2]);
  });
});

describe("classes with tsyringe's decorators", () => {
  class Prices {
    constructor(@Inject('unit') readonly unit: string) {}
  }

  @injectable()
  class Repository {
    constructor(
      @inject('unit') readonly unit: string,
      @inject(Prices) readonly prices: Prices,
      @inject(Config as never) readonly config: Config,
    ) {}
  }

  @singleton()
  class Both {
    @Inject('unit')
    readonly unit!: string;

    constructor(@Inject('unit') readonly again: string) {}
  }

  @Service()
  class Tasks {
    constructor(
      private readonly repository: Repository,
      private readonly both: Both,
    ) {}

    @Probe()
    run(): unknown {
      const { unit, prices, config } = this.repository;
      return [unit, prices.unit, config.serviceName, this.both.unit, this.both.again];
    }
  }

  test('work beside ours, in both directions', async (t) => {
    @Module({ services: [Tasks], providers: [{ provide: 'unit', useValue: 'kg' }] })
    class TasksModule {}
    const { answer } = await openHost(t, TasksModule);

    assert.deepEqual(await answer('Tasks.run'), ['kg', 'kg', 'shop', 'kg', 'kg']);
  });
});

type Fixture = typeof injected;

/** The fixture, compiled in another way. */
async function compile(options: ts.CompilerOptions): Promise<Fixture> {
  const source = new URL('../../../../test/core/fixtures/injected.ts', import.meta.url);
  const { outputText } = ts.transpileModule(await readFile(source, 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      verbatimModuleSyntax: true,
      ...options,
    },
  });
  assert.equal(outputText.includes('design:paramtypes'), options.emitDecoratorMetadata);
  const name = `injected-${options.emitDecoratorMetadata}-${options.useDefineForClassFields}.js`;
  const file = new URL(`../fixtures/${name}`, import.meta.url);
  await writeFile(file, outputText);
  return (await import(file.href)) as Fixture;
}
