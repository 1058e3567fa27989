import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  bootstrap,
  type Class,
  type ModuleOptions,
  route,
  ScanError,
  Service,
  Timer,
} from '@micro-framework/core';
import { Probe } from '../support/probe.js';
import { moduleOf } from '../support/scan.js';

const here = `(${fileURLToPath(import.meta.url)})`;

describe('two routes', () => {
  test('cannot claim one queue', async () => {
    @Service()
    class Orders {
      @Probe({ claims: ['queue shop.orders', 'queue shop.other'] })
      price(): void {}
    }
    @Service()
    class Stock {
      @Probe({ claims: ['queue shop.orders'] })
      count(): void {}
    }

    assert.deepEqual(await faultsAtStart({ services: [Orders, Stock] }), [
      `queue shop.orders is claimed by Orders.price ${here} and by Stock.count ${here}. Only one of them would get ` +
        'each message: remove one, or give one a queue or name of its own.',
    ]);
  });

  test('cannot claim one queue by two annotations of one method, or as functions', async () => {
    @Service()
    class Orders {
      @Probe({ claims: ['a'] })
      @Probe({ claims: ['a'] })
      price(): void {}
    }
    function count(): void {}
    const routes = [route(count, Probe({ claims: ['b'] })), route(count, Probe({ claims: ['b'] }))];

    const faults = await faultsAtStart({ services: [Orders], routes });

    assert.deepEqual(faults, [
      `a is claimed by Orders.price ${here} and by Orders.price ${here}. Only one of them would get each message: ` +
        'remove one, or give one a queue or name of its own.',
      `b is claimed by count ${here} and by count ${here}. Only one of them would get each message: remove one, or ` +
        'give one a queue or name of its own.',
    ]);
  });
});

describe('all faults are told at once', () => {
  test('those of single routes, of two beside each other, and of names', async () => {
    @Service()
    class Orders {
      @Timer(0)
      tick(): void {}

      @Probe({ claims: ['queue shop.orders'] })
      price(): void {}

      @Probe({ claims: ['queue shop.orders'] })
      count(): void {}
    }

    const faults = await faultsAtStart({ services: [Orders, service('a')] });

    assert.equal(faults.length, 3, faults.join('\n'));
    assert.match(faults[0] ?? '', /^@Timer on Orders\.tick .*: the interval 0 is impossible/);
    assert.match(faults[1] ?? '', /^queue shop\.orders is claimed by Orders\.price .* and by Orders\.count /);
    assert.match(faults[2] ?? '', /^@Probe on a\.run .*: the name is as short as a minifier's/);
  });

  test('but for what refused options would claim', async () => {
    @Service()
    class Orders {
      @Probe({ claims: 'queue' as never, faults: ['claims is no list.'] })
      price(): void {}
    }

    assert.deepEqual(await faultsAtStart({ services: [Orders] }), [
      `@Probe on Orders.price ${here}: claims is no list.`,
    ]);
  });

  test('and a service that is listed twice is not told of its queues as well', async () => {
    @Service()
    class Orders {
      @Probe({ claims: ['queue shop.orders'] })
      price(): void {}
    }

    assert.deepEqual(await faultsAtStart({ services: [Orders, Orders] }), [
      `Orders, a service of TestModule ${here}, is listed twice. List it once.`,
    ]);
  });
});

describe('two services of one base', () => {
  test('cannot claim the queue that the base names', async () => {
    class Base {
      @Probe({ claims: ['queue shop.orders'] })
      price(): void {}
    }
    @Service()
    class Orders extends Base {}
    @Service()
    class Stock extends Base {}

    const faults = await faultsAtStart({ services: [Orders, Stock] });

    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', /^queue shop\.orders is claimed by Orders\.price .* and by Stock\.price /);
  });
});

describe('a name on the wire', () => {
  const mend =
    "the name is as short as a minifier's, and would be one on the wire. Give one that stays: " +
    "a longer class name, @Service({ name: '...' }) where a bundler shortens names, or route(target, entrypoint, { name: '...' }).";

  for (const name of ['a', 'Q', '$', '_', 'aB', 'e1', '']) {
    test(`cannot be what a minifier made of it: '${name}'`, async () => {
      const minified = service(name);

      assert.deepEqual(await faultsAtStart({ services: [minified] }), [
        `@Probe on ${name}.run ${here}: ${mend}`,
      ]);
    });
  }

  test('cannot be the minified name of a function', async () => {
    const t = (): void => {};

    assert.deepEqual(await faultsAtStart({ routes: [route(t, Probe({ claims: ['queue {target}'] }))] }), [
      `@Probe on t ${here}: ${mend}`,
    ]);
  });

  test('may be short when it was given on purpose', async () => {
    const t = (): void => {};
    const routes = [route(t, Probe({ claims: ['queue {target}'] }), { name: 'db' })];

    assert.deepEqual(await faultsAtStart({ services: [service('a', 'db')], routes }), []);
  });

  test('may be short where what it claims was given its own name', async () => {
    assert.deepEqual(await faultsAtStart({ services: [service('a', undefined, ['queue orders'])] }), []);
  });

  test('may be short where nothing is claimed by it', async () => {
    assert.deepEqual(await faultsAtStart({ services: [service('a', undefined, [])] }), []);
    assert.deepEqual(await faultsAtStart({ services: [service('a', undefined, ['queue orders'])] }), []);
  });

  test('may be an ordinary class name', async () => {
    assert.deepEqual(await faultsAtStart({ services: [service('Db'), service('Orders')] }), []);
  });
});

function service(name: string, wireName?: string, claims: readonly string[] = ['queue {target}']): Class {
  class Minified {
    @Probe({ claims })
    run(): void {}
  }
  Object.defineProperty(Minified, 'name', { value: name });
  Service(wireName === undefined ? {} : { name: wireName })(Minified);
  return Minified;
}

async function faultsAtStart(options: ModuleOptions): Promise<readonly string[]> {
  try {
    const runner = await bootstrap(moduleOf(options), { workerMode: 'inline', logLevel: 'silent' });
    await runner.stop();
    return [];
  } catch (error) {
    assert.ok(error instanceof ScanError, String(error));
    return error.faults;
  }
}
