import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bootstrap, type Class, type ModuleOptions, route, ScanError, Service } from '@micro-framework/core';
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

describe('a name on the wire', () => {
  const mend =
    'the name looks minified and would be one on the wire. Give one that stays: ' +
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
