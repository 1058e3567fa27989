import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BackOffData, Config, Inject, Logger, Module, route, Service, Timer } from '@micro-framework/core';
import { scan } from '@micro-framework/core/internal';
import { Probe } from '../support/probe.js';
import { moduleOf } from '../support/scan.js';

function nightly(): void {}

@Service()
class Orders {
  @Timer(1_000)
  price(): void {}

  @Probe()
  @Timer(2_000)
  count(): void {}
}

@Service({ name: 'Shop' })
class Stock {
  @Probe({ taskTimeout: 5, onFailure: 'failed', backOff: { maxRetries: 1 } })
  fill(): void {}

  failed(): void {}
}

@Module({ services: [Stock] })
class StockModule {}

@Module({ services: [Orders], imports: [StockModule], routes: [route(nightly, Probe(), { taskTimeout: 7 })] })
class ShopModule {}

describe('the route table', () => {
  test('has a route for each annotation, in the order of modules, services and methods', () => {
    const { routes } = scan(ShopModule);

    assert.deepEqual(
      routes.map(({ id, target, entrypoint }) => [id, target, entrypoint.definition.kind]),
      [
        ['0/0/price', 'Orders.price', 'Timer'],
        ['0/0/count', 'Orders.count', 'Timer'],
        ['0/0/count:1', 'Orders.count', 'Probe'],
        ['0/route/0', 'nightly', 'Probe'],
        ['1/0/fill', 'Shop.fill', 'Probe'],
      ],
    );
  });

  test('is the same however often it is read, so both sides have the same ids', () => {
    assert.deepEqual(
      scan(ShopModule).routes.map(({ id }) => id),
      scan(ShopModule).routes.map(({ id }) => id),
    );
  });

  test('has ids that do not depend on the names of classes', () => {
    const ids = (): string[] => scan(ShopModule).routes.map(({ id }) => id);
    const before = ids();
    const { name } = Orders;
    Object.defineProperty(Orders, 'name', { value: 'a', configurable: true });

    const after = ids();
    Object.defineProperty(Orders, 'name', { value: name, configurable: true });

    assert.deepEqual(after, before);
  });

  test('takes what the options of a route say', () => {
    const routes = new Map(scan(ShopModule).routes.map((found) => [found.target, found]));

    const fill = routes.get('Shop.fill');
    assert.equal(fill?.taskTimeout, 5);
    assert.deepEqual(fill.backOff, { maxRetries: 1 });
    assert.deepEqual(fill.onFailure, { kind: 'method', service: Stock, key: 'failed' });
    assert.equal(fill.file, import.meta.url);
    assert.equal(routes.get('nightly')?.taskTimeout, 7);
  });

  test('lists every dependency that is injected somewhere, once', () => {
    @Service()
    class Tasks {
      @Inject(Logger)
      readonly log!: Logger;

      @Probe()
      run(@Inject(BackOffData) _retry: BackOffData, @Inject(Config) _config: Config): void {}

      @Probe()
      again(@Inject(BackOffData) _retry: BackOffData): void {}
    }

    const { dependencies } = scan(moduleOf({ services: [Tasks] }));

    assert.deepEqual(dependencies.map(({ name }) => name).sort(), ['BackOffData', 'Config', 'Logger']);
  });
});

describe('a subclass', () => {
  @Service()
  class Base {
    @Timer(1_000)
    inherited(): string {
      return 'base';
    }

    @Timer(2_000)
    overridden(): string {
      return 'base';
    }

    @Timer(3_000)
    @Probe()
    annotatedAgain(): string {
      return 'base';
    }
  }

  @Service()
  class Sub extends Base {
    override overridden(): string {
      return 'sub';
    }

    @Probe({ taskTimeout: 9 })
    override annotatedAgain(): string {
      return 'sub';
    }

    @Probe()
    added(): string {
      return 'sub';
    }
  }

  test("keeps its base's routes, replaces what it annotates again, and adds its own", () => {
    const { routes } = scan(moduleOf({ services: [Sub] }));

    assert.deepEqual(
      routes.map(({ id, target, entrypoint }) => [id, target, entrypoint.definition.kind]),
      [
        ['0/0/inherited', 'Sub.inherited', 'Timer'],
        ['0/0/overridden', 'Sub.overridden', 'Timer'],
        ['0/0/annotatedAgain', 'Sub.annotatedAgain', 'Probe'],
        ['0/0/added', 'Sub.added', 'Probe'],
      ],
    );
    assert.equal(routes[2]?.taskTimeout, 9);
  });

  test('leaves the routes of its base alone', () => {
    const { routes } = scan(moduleOf({ services: [Base] }));

    assert.deepEqual(
      routes.map(({ id }) => id),
      ['0/0/inherited', '0/0/overridden', '0/0/annotatedAgain', '0/0/annotatedAgain:1'],
    );
  });

  test('can be started beside its base', () => {
    const { routes } = scan(moduleOf({ services: [Base, Sub] }));

    assert.equal(new Set(routes.map(({ id }) => id)).size, 8);
  });
});

describe('a route by path', () => {
  test('is not imported by the scan', () => {
    const routes = [route('./no-such-file.js#Tasks.test', Probe(), { onFailure: 'failed' })];

    const [found] = scan(moduleOf({ routes })).routes;

    const url = new URL('./no-such-file.js', import.meta.url).href;
    assert.equal(found?.target, 'Tasks.test');
    const where = `@Probe for './no-such-file.js#Tasks.test', route 1 of TestModule (${fileURLToPath(import.meta.url)})`;
    assert.deepEqual(found.calls, { kind: 'path', url, member: 'Tasks.test', inject: [], where });
    assert.deepEqual(found.onFailure, { kind: 'path', url, member: 'Tasks.failed', inject: [], where });
  });

  test('may be absolute or a URL, and be named', () => {
    const routes = [
      route('/srv/my tasks/100%.js#run', Probe()),
      route('file:///srv/a.js#run', Probe(), { name: 'nightly' }),
    ];

    const table = scan(moduleOf({ routes })).routes;
    assert.deepEqual(
      table.map(({ target, calls }) => [target, calls.kind === 'path' && calls.url]),
      [
        ['run', pathToFileURL('/srv/my tasks/100%.js').href],
        ['nightly', 'file:///srv/a.js'],
      ],
    );
  });
});

describe('contexts', () => {
  test('are the modules with workers of their own; others share those of the module that imports them', () => {
    const leaf = moduleOf({ services: [Orders] });
    const slow = moduleOf({ imports: [leaf], workers: { mode: 'process', max: 1 } });
    const root = moduleOf({ services: [Stock], imports: [slow], workers: { max: 2 } });

    const { contexts, modules, routes } = scan(root);

    assert.deepEqual(
      contexts.map(({ index, workers }) => [index, workers]),
      [
        [0, { max: 2 }],
        [1, { mode: 'process', max: 1 }],
      ],
    );
    assert.deepEqual(
      modules.map(({ context }) => context),
      [0, 1, 1],
    );
    assert.deepEqual(
      routes.map(({ target, context }) => [target, context]),
      [
        ['Shop.fill', 0],
        ['Orders.price', 1],
        ['Orders.count', 1],
        ['Orders.count', 1],
      ],
    );
  });
});
