import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  BackOffData,
  CallContext,
  type Class,
  Config,
  defineDependency,
  Inject,
  Logger,
  type Provider,
  route,
  Service,
} from '@micro-framework/core';
import { container, inject, singleton } from 'tsyringe';
import { Probe, ProbeOfOne } from '../support/probe.js';
import { faultsOf, moduleOf } from '../support/scan.js';

const here = `(${fileURLToPath(import.meta.url)})`;
const mend =
  'Name the token: @Inject(Token). Without one, the class must be imported as a value (not with "import type") and ' +
  'the compiler must emit decorator metadata: "emitDecoratorMetadata": true in tsconfig.json (tsx and esbuild emit none).';
const undecorated =
  'no types were emitted: either the class has no decorator, then put @Inject() on the parameter; or the compiler ' +
  'emits none: set "emitDecoratorMetadata": true in tsconfig.json, or name the token: @Inject(Token).';
const primitive = (name: string): string =>
  `a ${name} cannot be found by its type: name a token that a provider gives, such as @Inject('name').`;
const circular =
  'its file and the one that lists it import each other, so it is not evaluated yet. Move what both need into a third file.';

interface Erased {
  readonly some: string;
}

describe('an injected type that is erased', () => {
  test('is a fault in a constructor, in a property and in a handler', () => {
    @Service()
    class Tasks {
      @Inject()
      private readonly erased!: Erased;

      constructor(
        @Inject() readonly first: Erased,
        readonly second: string,
      ) {}

      @Probe()
      run(_payload: unknown, @Inject() _third: Erased | undefined, @Inject() _fourth: number): void {
        assert.ok(this.erased);
      }
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `Tasks ${here}, constructor parameter 1: its type is erased to Object at run time. ${mend}`,
      `Tasks ${here}, constructor parameter 2: ${primitive('string')}`,
      `Tasks ${here}, property erased: its type is erased to Object at run time. ${mend}`,
      `@Probe on Tasks.run ${here}, parameter 2: its type is erased to Object at run time. ${mend}`,
      `@Probe on Tasks.run ${here}, parameter 3: ${primitive('number')}`,
    ]);
  });

  test('is a fault in a class that a service injects, and the way to it is told', () => {
    class Repository {
      constructor(readonly url: string) {}
    }
    @Service()
    class Tasks {
      constructor(readonly repository: Repository) {}

      @Probe()
      run(): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `Repository (injected into Tasks ${here}, constructor parameter 1), constructor parameter 1: ` +
        undecorated,
    ]);
  });

  test('is a fault in an interceptor, in a translator and in an onFailure', () => {
    class Timed {
      constructor(readonly unit: string) {}
      intercept(_call: unknown, next: () => Promise<unknown>): Promise<unknown> {
        return next();
      }
    }
    class Trim {
      constructor(readonly unit: string) {}
      translate(payload: unknown): unknown {
        return payload;
      }
    }
    @Service()
    class Tasks {
      @Probe({ interceptors: [Timed], translators: [Trim], onFailure: 'failed' })
      run(): void {}

      failed(@Inject() _erased: Erased): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `onFailure of Tasks.run, failed ${here}, parameter 1: its type is erased to Object at run time. ${mend}`,
      `interceptor Timed of Tasks.run ${here}, constructor parameter 1: ${undecorated}`,
      `translator Trim of Tasks.run ${here}, constructor parameter 1: ${undecorated}`,
    ]);
  });

  for (const erased of [Object, Function, String, Number, Boolean, Array, Promise, Symbol, BigInt]) {
    test(`is told when it is named as a token, too: ${erased.name}`, () => {
      @Service()
      class Tasks {
        @Probe()
        run(@Inject(erased as unknown as Class) _value: unknown): void {}
      }

      assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
        `@Probe on Tasks.run ${here}, parameter 1: ${erased.name} cannot be a token. ${mend}`,
      ]);
    });
  }
});

describe('a token', () => {
  const faultsOfToken = (token: unknown, providers: readonly Provider[] = []): readonly string[] => {
    @Service()
    class Tasks {
      @Probe()
      run(@Inject(token as Class) _value: unknown): void {}
    }
    return faultsOf(moduleOf({ services: [Tasks], providers }));
  };
  const where = `@Probe on Tasks.run ${here}, parameter 1`;

  test('that nobody provides is told', () => {
    assert.deepEqual(faultsOfToken('prices'), [
      `${where}: nothing provides 'prices'. List it in @Module({ providers: [...] }).`,
    ]);
    assert.deepEqual(faultsOfToken(Symbol('prices')), [
      `${where}: nothing provides Symbol(prices). List it in @Module({ providers: [...] }).`,
    ]);
  });

  test('that is nearly one that is provided is told which', () => {
    assert.deepEqual(faultsOfToken('clok', [{ provide: 'clock', useValue: 1 }]), [
      `${where}: nothing provides 'clok': did you mean 'clock'?`,
    ]);
  });

  test('is fine when a module provides it, or tsyringe has it', (t) => {
    container.register('test-prices', { useValue: 1 });
    t.after(() => container.reset());

    assert.deepEqual(faultsOfToken('prices', [{ provide: 'prices', useValue: 1 }]), []);
    assert.deepEqual(faultsOfToken('test-prices'), []);
  });

  test('may be registered by a worker hook, which nobody can know before', () => {
    @Service()
    class Tasks {
      @Probe()
      run(@Inject('late') _value: unknown): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks], onWorkerStart: () => {} })), []);
  });

  test('cannot be a built-in class, which the framework will not make', () => {
    assert.deepEqual(faultsOfToken(Date), [
      `${where}: nothing provides Date, and the framework makes no built-in objects. Name a token: @Inject(Token).`,
    ]);
    assert.deepEqual(faultsOfToken(Date, [{ provide: Date, useFactory: () => new Date(0) }]), []);
  });

  test('cannot be a plain function or object', () => {
    assert.deepEqual(
      faultsOfToken(() => {}),
      [
        `${where}: [Function (anonymous)] cannot be a token. Give a class, a string, a symbol, or a dependency.`,
      ],
    );
    assert.deepEqual(faultsOfToken({ some: 1 }), [
      `${where}: { some: 1 } cannot be a token. Give a class, a string, a symbol, or a dependency.`,
    ]);
  });

  test('listed with a function route is checked as well', () => {
    function handle(): void {}
    const routes = [route(handle, Probe(), { inject: ['prices'] })];

    assert.deepEqual(faultsOf(moduleOf({ routes })), [
      `@Probe for handle, route 1 of TestModule ${here}, inject: nothing provides 'prices'. List it in ` +
        '@Module({ providers: [...] }).',
    ]);
  });
});

describe('what belongs to one call', () => {
  test('cannot be injected into a constructor or a property', () => {
    const Tenant = defineDependency({
      name: 'Tenant',
      scope: 'call',
      worker: () => ({ provide: () => 'a' }),
    });
    @Service()
    class Tasks {
      @Inject(Tenant)
      private readonly tenant!: string;

      constructor(
        readonly call: CallContext,
        @Inject(BackOffData) readonly retry: BackOffData,
      ) {}

      @Probe()
      run(): void {
        assert.ok(this.tenant);
      }
    }

    const end = 'belongs to one call. Inject it into a parameter of the handler instead.';
    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `Tasks ${here}, constructor parameter 1: CallContext ${end}`,
      `Tasks ${here}, constructor parameter 2: BackOffData ${end}`,
      `Tasks ${here}, property tenant: Tenant ${end}`,
    ]);
  });

  test('can be injected into handlers, callbacks and functions', () => {
    @Service()
    class Tasks {
      @ProbeOfOne({ onFailure: 'failed' })
      run(
        @Inject(CallContext) _call: unknown,
        _payload: unknown,
        @Inject(BackOffData) _retry: unknown,
      ): void {}

      failed(_payload: unknown, _error: Error, @Inject(CallContext) _call: unknown): void {}
    }
    function handle(): void {}

    const routes = [route(handle, Probe(), { inject: [CallContext, Logger, Config] })];
    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks], routes })), []);
  });
});

describe('dependencies', () => {
  test('must have names of their own', () => {
    const make = (): ReturnType<typeof defineDependency> =>
      defineDependency({ name: 'Mailer', worker: () => ({ provide: () => 1 }) });
    const [first, second] = [make(), make()];
    @Service()
    class Tasks {
      @Probe()
      run(@Inject(first) _one: unknown, @Inject(second) _two: unknown): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `@Probe on Tasks.run ${here}, parameter 2: two different dependencies are called Mailer. Rename one of them.`,
    ]);
  });
});

describe('a dependency', () => {
  test('must have a half for workers', () => {
    const Thing = defineDependency({ name: 'Thing', workr: () => ({}) } as never);
    @Service()
    class Tasks {
      @Probe()
      run(@Inject(Thing) _thing: unknown): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `@Probe on Tasks.run ${here}, parameter 1: dependency Thing has no worker(). Add the half that gives handlers ` +
        'their value: worker: (context) => ({ provide: () => value }).',
    ]);
  });
});

describe('classes that need each other', () => {
  test('are a fault that shows the circle', () => {
    class Stock {
      constructor(readonly orders: unknown) {}
    }
    class Orders {
      constructor(readonly stock: unknown) {}
    }
    Inject(Orders)(Stock, undefined, 0);
    Inject(Stock)(Orders, undefined, 0);
    @Service()
    class Tasks {
      @Inject(Orders)
      private readonly orders!: Orders;

      @Probe()
      run(): void {
        assert.ok(this.orders);
      }
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `Orders (injected into Stock (injected into Orders (injected into Tasks ${here}, property orders), constructor ` +
        'parameter 1), constructor parameter 1): classes need each other to be made: Orders -> Stock -> Orders. Move ' +
        'what both need into a class of its own.',
    ]);
  });

  test('are found behind providers, too', () => {
    class Stock {
      constructor(readonly orders: unknown) {}
    }
    class Orders {
      constructor(readonly stock: unknown) {}
    }
    Inject('orders')(Stock, undefined, 0);
    Inject(Stock)(Orders, undefined, 0);
    const providers: Provider[] = [{ provide: 'orders', useClass: Orders }, Stock];
    @Service()
    class Tasks {
      @Probe()
      run(@Inject('orders') _orders: unknown): void {}
    }

    const faults = faultsOf(moduleOf({ services: [Tasks], providers }));

    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', /made: Orders -> Stock -> Orders\./);
    assert.ok(faults[0]?.includes(`a provider of TestModule ${here}`), faults[0]);
  });
});

describe('@Inject', () => {
  test('cannot stand on a static member', () => {
    @Service()
    class Tasks {
      @Inject(Logger)
      static log: Logger;

      @Probe()
      run(): void {}

      static help(@Inject(Logger) _log: Logger): void {}
    }

    const end = 'but only instances get something injected. Remove "static".';
    assert.deepEqual(
      [...faultsOf(moduleOf({ services: [Tasks] }))].sort(),
      [
        `Tasks ${here}: @Inject stands on the static member help, ${end}`,
        `Tasks ${here}: @Inject stands on the static member log, ${end}`,
      ].sort(),
    );
  });
});

describe('a provider', () => {
  const faultsOfProvider = (provider: unknown): readonly string[] => {
    @Service()
    class Tasks {
      @Probe()
      run(): void {}
    }
    return faultsOf(moduleOf({ services: [Tasks], providers: [provider as Provider] }));
  };
  const where = `the providers of TestModule ${here}`;

  test('must be there', () => {
    assert.deepEqual(faultsOfProvider(undefined), [`${where}: one is undefined: ${circular}`]);
    assert.deepEqual(faultsOfProvider({ provide: undefined, useValue: 1 }), [
      `${where}: the token of one is undefined: ${circular}`,
    ]);
    assert.deepEqual(faultsOfProvider({ provide: 'a', useClass: undefined }), [
      `${where}: the useClass of 'a' is undefined: ${circular}`,
    ]);
  });

  test('must be a class, a dependency or an object', () => {
    const mend = 'list a class, a dependency, or { provide: token, useValue: value }.';

    assert.deepEqual(faultsOfProvider('clock'), [`${where}: one is 'clock': ${mend}`]);
    assert.deepEqual(faultsOfProvider(null), [`${where}: one is null: ${mend}`]);
  });

  test('must say what it gives', () => {
    const fault = `${where}: the one of 'a' gives nothing. Add useValue, useClass, or a function useFactory.`;

    assert.deepEqual(faultsOfProvider({ provide: 'a' }), [fault]);
    assert.deepEqual(faultsOfProvider({ provide: 'a', useFactory: 5 }), [fault]);
  });

  test('must be possible to make', () => {
    class Repository {
      constructor(readonly url: string) {}
    }
    const end = `, constructor parameter 1: ${undecorated}`;

    assert.deepEqual(faultsOfProvider(Repository), [`Repository, a provider of TestModule ${here}${end}`]);
    assert.deepEqual(faultsOfProvider({ provide: 'repository', useClass: Repository }), [
      `Repository, a provider of TestModule ${here}${end}`,
    ]);
  });

  test('of undefined as a value is fine', () => {
    assert.deepEqual(faultsOfProvider({ provide: 'a', useValue: undefined }), []);
  });
});

describe("a class with tsyringe's decorators", () => {
  test('is left to tsyringe, but what it injects is checked', () => {
    @singleton()
    class Repository {
      constructor(
        @inject('url') readonly url: string,
        @inject(Logger as never) readonly log: Logger,
      ) {}
    }
    @Service()
    class Tasks {
      constructor(readonly repository: Repository) {}

      @Probe()
      run(): void {}
    }

    assert.deepEqual(
      faultsOf(moduleOf({ services: [Tasks], providers: [{ provide: 'url', useValue: 'x' }] })),
      [],
    );
    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `Repository (injected into Tasks ${here}, constructor parameter 1), constructor parameter 1: nothing provides ` +
        "'url'. List it in @Module({ providers: [...] }).",
    ]);
  });
});

describe('a subclass', () => {
  class Base {
    constructor(
      @Inject(Logger) readonly log: Logger,
      readonly unit: string,
    ) {}
  }

  test('without a constructor has all the parameters of its base', () => {
    @Service()
    class Tasks extends Base {
      @Probe()
      run(): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), [
      `Tasks ${here}, constructor parameter 2: ${primitive('string')}`,
    ]);
  });

  test("with a constructor of its own has none of its base's", () => {
    @Service()
    class Tasks extends Base {
      constructor(readonly config: Config) {
        super(undefined as never, 'ms');
      }

      @Probe()
      run(): void {}
    }

    assert.deepEqual(faultsOf(moduleOf({ services: [Tasks] })), []);
  });
});
